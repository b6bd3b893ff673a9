import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';

/** What it takes to talk to an API server as somebody. */
export interface Access {
  readonly server: string;
  readonly caPem: string;
  readonly token: string;
}

const kubeconfig = z.object({
  clusters: z.tuple([z.object({ cluster: z.object({ server: z.url(), 'certificate-authority-data': z.base64() }) })]),
  users: z.tuple([z.object({ user: z.object({ token: z.string().min(1) }) })]),
});

/** Writes a kubeconfig with one cluster, one user and one context, readable by its owner only. JSON is YAML too. */
export async function writeKubeconfig(file: string, access: Access, namespace = 'default'): Promise<void> {
  const name = 'bed';
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: access.server, 'certificate-authority-data': Buffer.from(access.caPem).toString('base64') } }],
    users: [{ name, user: { token: access.token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    'current-context': name,
  };
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}

/**
 * Reads what `writeKubeconfig` wrote.
 *
 * @throws when the file is missing or of another form, such as several clusters or a client certificate.
 */
export function readKubeconfig(file: string): Access {
  const { clusters, users } = kubeconfig.parse(parse(readFileSync(file, 'utf8')));
  const { server, 'certificate-authority-data': authority } = clusters[0].cluster;
  return { server, caPem: Buffer.from(authority, 'base64').toString(), token: users[0].user.token };
}
