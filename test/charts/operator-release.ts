import { z } from 'zod';
import type { ControlPlane } from '../bed/control-plane.ts';
import { chartFolder, type Values } from './charts.ts';

/** The operator's chart, installed; no pod runs, so whoever wants an operator starts the program as the Deployment says. */
export interface OperatorRelease {
  readonly name: string;
  readonly namespace: string;
  /** `system:serviceaccount:<namespace>:<name>`. */
  readonly user: string;
  /** The container's arguments. */
  readonly args: readonly string[];
  /** The container's variables, in a pod of that name. */
  env(podName: string): Readonly<Record<string, string>>;
  /** A kubeconfig with a new token of the release's ServiceAccount; answers its path. */
  kubeconfig(): Promise<string>;
  uninstall(): Promise<void>;
}

const Deployment = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        serviceAccountName: z.string(),
        containers: z.tuple([
          z.object({
            args: z.array(z.string()),
            env: z.array(
              z.object({
                name: z.string(),
                value: z.string().optional(),
                valueFrom: z.object({ fieldRef: z.object({ fieldPath: z.string() }) }).optional(),
              }),
            ),
          }),
        ]),
      }),
    }),
  }),
});

/** Installs it, or upgrades a release of that name. The namespace is made if need be. CRDs only come with it when the values say so. */
export async function installOperator(
  controlPlane: ControlPlane,
  {
    namespace,
    values = {},
    name = 'authentik-flow-operator',
  }: { readonly namespace: string; readonly values?: Values; readonly name?: string },
): Promise<OperatorRelease> {
  const input = JSON.stringify({
    image: { repository: 'registry.example.com/authentik-flow-operator' },
    crds: { enabled: false },
    ...values,
  });
  const args = ['upgrade', '--install', name, chartFolder('authentik-flow-operator'), '--create-namespace', '--values', '-'];
  await controlPlane.helm(args, { namespace, input });
  return operatorRelease(controlPlane, namespace, name);
}

/** The release that is installed by that name. */
export async function operatorRelease(controlPlane: ControlPlane, namespace: string, name: string): Promise<OperatorRelease> {
  const { stdout } = await controlPlane.kubectl(['get', 'deployment', name, '--output=json'], { namespace });
  const { serviceAccountName, containers } = Deployment.parse(JSON.parse(stdout)).spec.template.spec;
  return {
    name,
    namespace,
    user: `system:serviceaccount:${namespace}:${serviceAccountName}`,
    args: containers[0].args,
    env: (podName) => {
      const fields: Readonly<Record<string, string>> = { 'metadata.name': podName, 'metadata.namespace': namespace };
      return Object.fromEntries(
        containers[0].env.map(({ name: variable, value, valueFrom }) => {
          const given = value ?? fields[valueFrom?.fieldRef.fieldPath ?? ''];
          if (given === undefined) throw new Error(`the Deployment gives ${variable} no value that is known here`);
          return [variable, given];
        }),
      );
    },
    kubeconfig: async () => controlPlane.serviceAccountKubeconfig(namespace, serviceAccountName),
    uninstall: async () => {
      await controlPlane.helm(['uninstall', name, '--ignore-not-found', '--wait', '--timeout=60s'], { namespace });
    },
  };
}
