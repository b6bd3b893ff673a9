import { z } from 'zod';
import type { Scene } from './scene.ts';

const Applied = z.object({ metadata: z.object({ resourceVersion: z.string() }) });

/** Creates or changes a Secret in the market's namespace and answers its resourceVersion. */
export async function applySecret(scene: Scene, name: string, stringData: Readonly<Record<string, string>>): Promise<string> {
  // By standard input: the whole machine can read arguments.
  const secret = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData });
  const options = { namespace: scene.get('names').marketNamespace, input: secret };
  const { stdout } = await scene.get('controlPlane').kubectl(['apply', '--filename=-', '--output=json'], options);
  return Applied.parse(JSON.parse(stdout)).metadata.resourceVersion;
}

/** The keys of the SMTP Secret, as `smtpSecretRef` of an email stage reads them. */
export function smtpSettings(scene: Scene): Readonly<Record<string, string>> {
  const { host, port, username, password } = scene.get('mail');
  const login = username === undefined || password === undefined ? {} : { username, password };
  return { host, port: String(port), from: 'no-reply@market.example.com', ...login };
}
