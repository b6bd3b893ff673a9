/** The recorded scenarios as data. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const json = z.json();
const step = z.object({
  note: z.string().optional(),
  request: z.object({
    method: z.string(),
    path: z.string(),
    auth: z.string().optional(),
    headers: z.record(z.string(), z.string()).optional(),
    body: json.optional(),
    /** Sent form-encoded, instead of a body. */
    form: z.record(z.string(), z.string()).optional(),
  }),
  response: z.object({
    status: z.number(),
    headers: z.record(z.string(), z.string().nullable()),
    body: json,
    /** Of the id token in the body; times are 0. */
    claims: json.optional(),
  }),
});
const transcript = z.object({ scenario: z.string(), title: z.string(), server: z.string(), steps: z.array(step) });

export type Json = z.infer<typeof json>;
export type Step = z.infer<typeof step>;
export type Transcript = z.infer<typeof transcript>;
export const VERSIONS = ['2025.12', '2026.2'] as const;

/** One recorded scenario, such as `guide` of `2026.2`. */
export function readTranscript(version: string, scenario: string): Transcript {
  return transcript.parse(JSON.parse(readFileSync(join(import.meta.dirname, version, `${scenario}.json`), 'utf8')));
}
