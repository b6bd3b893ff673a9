import { Command, CommanderError, Option } from 'commander';
import { z } from 'zod';
import { ALLOW_USE_LABEL } from './api/v1alpha1/group.ts';

/** `namespace/name`. */
const NAMESPACED = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?)\/([a-z0-9]([-a-z0-9.]*[a-z0-9])?)$/;
const OBJECT = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const NAMESPACE = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Of a list separated by commas. */
function listOf(item: RegExp, error: string) {
  return z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    )
    .pipe(z.array(z.string().regex(item, error)));
}

const namespaced = z
  .string()
  .regex(NAMESPACED, 'must be namespace/name')
  .transform((text) => {
    const [namespace = '', name = ''] = text.split('/');
    return { namespace, name };
  });

const Config = z.object({
  kubeconfig: z.string().min(1).optional(),
  context: z.string().min(1).optional(),
  watchNamespaces: listOf(NAMESPACE, 'must be namespaces, separated by commas'),
  defaultConnection: namespaced.optional(),
  credentialsSecret: namespaced.optional(),
  configMapNames: listOf(OBJECT, 'must be names of ConfigMaps, separated by commas'),
  invitationSecretNames: listOf(OBJECT, 'must be names of Secrets, separated by commas'),
  requireSecretLabel: z.stringbool({ error: 'must be true or false' }),
  leaderElect: z.stringbool({ error: 'must be true or false' }),
  leaseName: z.string().max(253).regex(OBJECT, 'must be a name of a Lease').optional(),
  leaderElectionNamespace: z.string().regex(NAMESPACE, 'must be a namespace').optional(),
  httpPort: z.coerce.number().int('must be a port').min(0, 'must be a port').max(65535, 'must be a port'),
  httpHost: z.string().min(1).optional(),
  workers: z.coerce.number().int().min(1, 'must be 1 to 64').max(64, 'must be 1 to 64'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error'], { error: 'must be debug, info, warn or error' }),
  podName: z.string().min(1).optional(),
});

/** The operator's configuration, checked. */
export type Config = z.infer<typeof Config>;

/** What no single flag can say. */
const Consistent = Config.refine(
  ({ watchNamespaces, defaultConnection }) =>
    defaultConnection === undefined || watchNamespaces.length === 0 || watchNamespaces.includes(defaultConnection.namespace),
  { path: ['defaultConnection'], error: 'must be in one of the namespaces of --watch-namespaces, or it is never found' },
);

/** What to do after reading the arguments: run, or print something and end. */
export type Invocation =
  { readonly kind: 'run'; readonly config: Config } | { readonly kind: 'exit'; readonly code: number; readonly text: string };

/** Reads flags and environment. Every flag can be given as a variable; a flag wins. Never throws: what is wrong is in the answer. */
export function readConfig(argv: readonly string[], env: Readonly<Record<string, string | undefined>>, version: string): Invocation {
  let text = '';
  const write = (chunk: string): void => void (text += chunk);
  const program = command(version).exitOverride().configureOutput({ writeOut: write, writeErr: write });
  // commander reads variables of this process only; ours are given.
  for (const option of program.options) {
    const value = option.envVar === undefined ? undefined : env[option.envVar];
    if (value !== undefined && value !== '') program.setOptionValueWithSource(option.attributeName(), value, 'env');
  }
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return { kind: 'exit', code: error.exitCode === 0 ? 0 : 2, text };
    throw error;
  }
  const parsed = Consistent.safeParse({ ...program.opts(), podName: env['POD_NAME'] });
  if (parsed.success) return { kind: 'run', config: parsed.data };
  const problems = parsed.error.issues.map((issue) => `  ${flagOf(program, String(issue.path[0]))}: ${issue.message}`);
  return { kind: 'exit', code: 2, text: `The configuration can't be used:\n${problems.join('\n')}\nSee --help.\n` };
}

function command(version: string): Command {
  const option = (flags: string, description: string, variable: string, fallback?: string): Option => {
    const made = new Option(flags, `${description} [${variable}]`);
    made.envVar = variable;
    return fallback === undefined ? made : made.default(fallback);
  };
  return new Command('authentik-flow-operator')
    .description("Keeps Authentik's login and enrollment flows as custom resources declare them.")
    .version(version)
    .addOption(option('--kubeconfig <file>', 'kubeconfig to use outside of a cluster; else KUBECONFIG, else the pod', 'AFO_KUBECONFIG'))
    .addOption(option('--context <name>', 'context of the kubeconfig', 'AFO_CONTEXT'))
    .addOption(option('--watch-namespaces <list>', 'namespaces to watch, separated by commas; empty for all', 'AFO_WATCH_NAMESPACES', ''))
    .addOption(
      option(
        '--default-connection <namespace/name>',
        'AuthentikConnection for objects that name none and have none called "default"',
        'AFO_DEFAULT_CONNECTION',
      ),
    )
    .addOption(
      option(
        '--credentials-secret <namespace/name>',
        'Secret to keep copies of connection tokens in, for undoing what was done when a namespace that is deleted loses its Secrets first',
        'AFO_CREDENTIALS_SECRET',
      ),
    )
    .addOption(
      option(
        '--config-map-names <list>',
        'ConfigMaps that an EnrollmentBinding may ask to be written, separated by commas; empty for any',
        'AFO_CONFIG_MAP_NAMES',
        '',
      ),
    )
    .addOption(
      option(
        '--invitation-secret-names <list>',
        'Secrets that an AuthentikInvitation may ask to be written, separated by commas; empty for none',
        'AFO_INVITATION_SECRET_NAMES',
        '',
      ),
    )
    .addOption(
      option(
        '--require-secret-label <boolean>',
        `only Secrets labelled ${ALLOW_USE_LABEL}=true are used, whatever specs name`,
        'AFO_REQUIRE_SECRET_LABEL',
        'false',
      ),
    )
    .addOption(option('--leader-elect <boolean>', 'only one of several replicas works at a time', 'AFO_LEADER_ELECT', 'false'))
    .addOption(option('--lease-name <name>', 'name of the Lease; default by the watched namespaces', 'AFO_LEASE_NAME'))
    .addOption(option('--leader-election-namespace <name>', "namespace of the Lease; default the pod's", 'AFO_LEADER_ELECTION_NAMESPACE'))
    .addOption(option('--http-port <port>', 'port of /healthz, /readyz and /metrics; 0 for any', 'AFO_HTTP_PORT', '8080'))
    .addOption(option('--http-host <address>', 'address to listen on; default all', 'AFO_HTTP_HOST'))
    .addOption(option('--workers <number>', 'how many objects are reconciled at a time, on all servers together', 'AFO_WORKERS', '32'))
    .addOption(option('--log-level <level>', 'debug, info, warn or error', 'AFO_LOG_LEVEL', 'info'))
    .allowExcessArguments(false);
}

function flagOf(program: Command, attribute: string): string {
  return program.options.find((option) => option.attributeName() === attribute)?.long ?? attribute;
}
