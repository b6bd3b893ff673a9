/**
 * The stand-in answers as the live servers did, step by step. With E2E_AUTHENTIK_URL and E2E_AUTHENTIK_TOKEN a scenario runs against that
 * server instead, of the version in E2E_AUTHENTIK_VERSION; its mails have to land in E2E_MAILS_FILE. Each scenario starts from stock and
 * leaves things behind, so a real server takes one scenario (`-t`) and has to be a fresh one.
 */
import { jest } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { eventually } from '../bed/eventually.ts';
import { replay, type ReplayTarget } from '../transcripts/replay.ts';
import { readTranscript, VERSIONS } from '../transcripts/transcript.ts';
import { asText, type JsonObject } from './json.ts';
import { type AuthentikSim, startAuthentikSim } from './sim.ts';
import { apiCaller } from './test-client.ts';

// Two cores shared with a cluster's tests can be slow.
jest.setTimeout(120_000);

const SCENARIOS = [
  'stock',
  'access',
  'flows',
  'flow-stage-bindings',
  'guide',
  'lists',
  'prompts',
  'policies',
  'stage-catalogue',
  'stage-validation',
  'least-privilege',
  'invitations',
  'oidc-login',
  'sign-up-next',
  'signed-in-sign-up',
  'policy-engine',
  'flow-users',
  'blueprint-reapply',
];

/** As recorded: of the administrator who logs in. */
const ADMIN_PASSWORD = 'adminpw';

/** Steps that a stand-in can't answer as recorded, and why. */
const KNOWN_DIFFERENCES: Record<string, { step: number; reason: string }[]> = {
  'least-privilege': [{ step: 28, reason: 'counts all permissions of an installation, most of them of things that flows never touch' }],
};

/** What a recorded server held that isn't stock, as an earlier run of the scenario leaves it. */
const LEFT_BY_AN_EARLIER_RUN: Record<string, { list: string; change: JsonObject }> = {
  '2025.12 blueprint-reapply': {
    list: '/stages/user_write/?name=default-source-enrollment-write',
    change: { name: 'default-source-enrollment-write', user_creation_mode: 'create_when_required', create_users_as_inactive: true },
  },
};

async function prepare(version: string, scenario: string, target: ReplayTarget): Promise<void> {
  const left = LEFT_BY_AN_EARLIER_RUN[`${version} ${scenario}`];
  if (left === undefined) return;
  const call = apiCaller(target.url, target.token);
  const { pk } = (await call('GET', left.list)).first;
  await call('PATCH', `${left.list.split('?')[0] ?? ''}${asText(pk)}/`, left.change);
}

/** Bodies that live servers take though their own schema forbids them: recorded, so the stand-in takes them too. */
const ACCEPTED_AGAINST_SCHEMA: Record<string, string[]> = {
  'stage-validation': [
    'POST /stages/dummy/ /name must be string',
    'POST /stages/authenticator/totp/ /digits must be string',
    'POST /stages/authenticator/totp/ /digits must be equal to one of the allowed values',
  ],
};

const real = process.env.E2E_AUTHENTIK_URL;

async function lastMailedToken(): Promise<string | undefined> {
  const lines = (await readFile(process.env.E2E_MAILS_FILE ?? '', 'utf8').catch(() => '')).trim().split('\n');
  return /flow_token=([^&\s"]+)/.exec(lines.at(-1) ?? '')?.[1];
}

/** Waits for a mail that wasn't there when this was called first: a real server's worker sends a moment later. */
async function mailedTokens(): Promise<() => Promise<string>> {
  let known = await lastMailedToken();
  return async () =>
    eventually(
      async () => {
        const token = await lastMailedToken();
        if (token === undefined || token === known) throw new Error('no link in a new mail');
        known = token;
        return token;
      },
      { timeout: 60_000, message: 'a mail with a link arrives' },
    );
}

describe.each(real === undefined ? [...VERSIONS] : [process.env.E2E_AUTHENTIK_VERSION ?? '2026.2'])('Authentik %s', (version) => {
  let sim: AuthentikSim | null = null;
  let target: ReplayTarget;

  beforeEach(async () => {
    if (real !== undefined) {
      target = { url: real, token: process.env.E2E_AUTHENTIK_TOKEN ?? '', flowToken: await mailedTokens() };
      return;
    }
    const started = await startAuthentikSim({ version: version === '2025.12' ? '2025.12' : '2026.2', adminPassword: ADMIN_PASSWORD });
    sim = started;
    target = { url: started.url, token: started.token, flowToken: () => Promise.resolve(started.flowTokens().at(-1)?.key ?? 'none') };
  });
  afterEach(async () => {
    await sim?.stop();
    sim = null;
  });

  it.each(SCENARIOS)('answers the scenario "%s" as recorded', async (scenario) => {
    const transcript = readTranscript(version, scenario);
    const known = real === undefined ? (KNOWN_DIFFERENCES[scenario] ?? []) : [];
    await prepare(version, scenario, target);
    const differences = await replay(transcript, target);
    expect(differences.filter(({ step }) => !known.some((other) => other.step === step))).toEqual([]);
    expect(differences.map(({ step }) => step)).toEqual(known.map(({ step }) => step));
    expect((sim?.schemaViolations ?? []).map(({ method, template, message }) => `${method} ${template} ${message}`)).toEqual(
      real === undefined ? (ACCEPTED_AGAINST_SCHEMA[scenario] ?? []) : [],
    );
  });
});
