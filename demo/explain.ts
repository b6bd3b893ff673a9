import { z } from 'zod';
import type { ControlPlane } from '../test/bed/control-plane.ts';
import type { Scene } from './scene.ts';

const LOG_LINES = 20;

const Objects = z.object({
  items: z.array(
    z.looseObject({
      kind: z.string(),
      metadata: z.looseObject({ name: z.string() }),
      status: z
        .looseObject({ conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]) })
        .default({ conditions: [] }),
    }),
  ),
});

/** After a failure: what the objects that aren't Ready say, with their events, and the end of the operator's log. Never throws. */
export async function explain(scene: Scene): Promise<void> {
  const { output } = scene;
  const controlPlane = scene.find('controlPlane');
  const namespace = scene.find('names')?.marketNamespace;
  if (controlPlane !== undefined && namespace !== undefined) {
    try {
      output.heading('kubectl get authentik');
      output.quote((await controlPlane.kubectl(['get', 'authentik'], { namespace })).stdout);
      for (const [name, description] of await unready(controlPlane, namespace)) {
        output.heading(`Not Ready: ${name}`);
        output.quote(description);
      }
    } catch (error) {
      output.line(`could not ask the API server: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const log = scene.find('operator')?.logs();
  if (log !== undefined) {
    output.heading(`The last ${LOG_LINES} lines of the operator's log`);
    output.quote(log.split('\n').slice(-LOG_LINES).join('\n'));
  }
  const failures = scene.find('authentik')?.sim?.mailFailures ?? [];
  if (failures.length > 0) {
    output.heading('Mails that Authentik could not hand over');
    output.quote(failures.map(({ to, stage, message }) => `to ${to}, by stage ${stage}: ${message}`).join('\n'));
  }
}

async function unready(controlPlane: ControlPlane, namespace: string): Promise<readonly (readonly [string, string])[]> {
  const { stdout } = await controlPlane.kubectl(['get', 'authentik', '--output=json'], { namespace });
  const waiting = Objects.parse(JSON.parse(stdout)).items.filter(
    ({ status }) => !status.conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
  );
  return Promise.all(
    waiting.map(async ({ kind, metadata }) => {
      const description = await controlPlane.kubectl(['describe', kind.toLowerCase(), metadata.name], { namespace });
      return [`${kind} ${metadata.name}`, description.stdout] as const;
    }),
  );
}
