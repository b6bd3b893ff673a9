import { startControlPlane, type ControlPlane } from '../bed/control-plane.ts';
import type { Values } from '../charts/charts.ts';
import { chartFolder } from '../charts/charts.ts';
import { installOperator, type OperatorRelease } from '../charts/operator-release.ts';
import { resolveAuthentikTarget, type AuthentikTarget } from '../e2e/environment/authentik-target.ts';
import { resolveMailTarget, type MailTarget } from '../e2e/environment/mail-target.ts';
import type { OperatorProcess } from '../e2e/environment/operator-process.ts';
import { buildShipped, freePort, type Shipped } from './shipped.ts';

/** The namespace of the market. */
export const MARKET = 'market';
export const TOKEN_SECRET = 'authentik-token';
export const SMTP_SECRET = 'market-smtp';
/** How long kubectl waits for anything. */
export const PATIENCE = '--timeout=120s';
const POD = 'authentik-flow-operator-7d4b9-x2x4z';
const MARKET_URL = 'https://market.example';

/** A cluster of its own with what an administrator has who followed the documentation: the two charts, and the program that ships. */
export class Installation {
  readonly controlPlane: ControlPlane;
  readonly authentik: AuthentikTarget;
  readonly mail: MailTarget;
  readonly release: OperatorRelease;
  readonly operator: OperatorProcess;
  readonly podName = POD;
  readonly #shipped: Shipped;

  private constructor(parts: {
    controlPlane: ControlPlane;
    authentik: AuthentikTarget;
    mail: MailTarget;
    release: OperatorRelease;
    operator: OperatorProcess;
    shipped: Shipped;
  }) {
    ({
      controlPlane: this.controlPlane,
      authentik: this.authentik,
      mail: this.mail,
      release: this.release,
      operator: this.operator,
      shipped: this.#shipped,
    } = parts);
  }

  /** Installs the operator's chart, CRDs and all, and starts it; returns once it is ready. */
  static async open(values: Values): Promise<Installation> {
    const undo: (() => Promise<unknown>)[] = [];
    try {
      const shipped = await buildShipped();
      undo.unshift(async () => shipped.remove());
      const controlPlane = await startControlPlane();
      undo.unshift(async () => controlPlane.stop());
      const authentik = await resolveAuthentikTarget();
      undo.unshift(async () => authentik.stop());
      const mail = await resolveMailTarget();
      undo.unshift(async () => mail.stop());
      await controlPlane.kubectl(['create', 'namespace', MARKET]);
      const release = await installOperator(controlPlane, {
        namespace: 'authentik-flow-operator',
        values: { http: { port: await freePort() }, crds: { enabled: true, keep: false }, ...values },
      });
      const crds = ['crd', '--selector=app.kubernetes.io/part-of=authentik-flow-operator'];
      await controlPlane.kubectl(['wait', '--for=condition=Established', PATIENCE, ...crds]);
      const operator = await shipped.run(release, POD);
      return new Installation({ controlPlane, authentik, mail, release, operator, shipped });
    } catch (error) {
      for (const step of undo) await step();
      throw error;
    }
  }

  /** kubectl as administrator, in the market's namespace. Answers what it wrote. */
  async kubectl(...args: readonly string[]): Promise<string> {
    return (await this.controlPlane.kubectl(args, { namespace: MARKET })).stdout;
  }

  async apply(manifest: object): Promise<void> {
    await this.controlPlane.kubectl(['apply', '--filename=-'], { namespace: MARKET, input: JSON.stringify(manifest) });
  }

  /** Writes a Secret and answers its version. */
  async applySecret(name: string, stringData: Readonly<Record<string, string>>): Promise<string> {
    await this.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData });
    return this.kubectl('get', 'secret', name, '--output=jsonpath={.metadata.resourceVersion}');
  }

  async applySmtp(settings: Readonly<Record<string, string>> = {}): Promise<string> {
    const { host, port, username = '', password = '' } = this.mail;
    return this.applySecret(SMTP_SECRET, { host, port: String(port), username, password, from: 'no-reply@market.example', ...settings });
  }

  /** Installs the market's chart and waits until everything is Ready. */
  async installMarket(slug: string): Promise<void> {
    await this.applySecret(TOKEN_SECRET, { token: this.authentik.token });
    await this.applySmtp();
    const values = {
      market: { url: MARKET_URL },
      authentik: { url: this.authentik.url },
      registration: { slug, stageNames: { email: `${slug}-email`, redirect: `${slug}-redirect` } },
      email: { smtpSecretName: SMTP_SECRET },
    };
    const args = ['install', 'market', chartFolder('market-enrollment'), '--values', '-'];
    await this.controlPlane.helm(args, { namespace: MARKET, input: JSON.stringify(values) });
    await this.kubectl('wait', '--for=condition=Ready', PATIENCE, 'authentik', '--all');
  }

  async close(): Promise<void> {
    await this.operator.stop('SIGKILL');
    await this.mail.stop();
    await this.authentik.stop();
    await this.controlPlane.stop();
    await this.#shipped.remove();
  }
}
