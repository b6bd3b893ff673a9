/** Everything that one running stand-in holds. */
import { Access } from './access.ts';
import { Audit } from './audit.ts';
import type { Stock } from './blueprints.ts';
import { FLOW_BINDING, MODELS } from './catalogue/core.ts';
import { FLOW, STAGE } from './catalogue/stages.ts';
import { PlanCache } from './executor/plan-cache.ts';
import type { FlowToken, Session } from './executor/plan.ts';
import { Grants } from './oidc/grants.ts';
import type { MailFailure } from './executor/mail.ts';
import type { Json } from './json.ts';
import type { ModelSpec } from './model.ts';
import { type OpenApi, openApi } from './openapi.ts';
import { Store } from './store.ts';

/** Versions whose answers are recorded. */
export type RecordedVersion = '2025.12' | '2026.2';
/** The others answer as the recorded one nearest to them, held to their own official schema. */
export type SimVersion = RecordedVersion | '2025.10' | '2026.5' | '2026.8';

const NEAREST: Readonly<Record<SimVersion, RecordedVersion>> = {
  '2025.10': '2025.12',
  '2025.12': '2025.12',
  '2026.2': '2026.2',
  '2026.5': '2026.2',
  '2026.8': '2026.2',
};

/** The server's own mail settings, used by stages with `use_global_settings`. */
export interface GlobalSmtp {
  globalHost: string;
  globalPort: number;
  globalUsername?: string;
  globalPassword?: string;
  globalFrom?: string;
}

export class World {
  /** What the blueprints of the installation say. */
  stock: Stock = { objects: new Map(), steps: new Map() };
  /** Whose recorded answers are given. */
  readonly version: RecordedVersion;
  readonly api: OpenApi;
  readonly store = new Store(MODELS);
  readonly access: Access;
  readonly audit = new Audit();
  readonly plans = new PlanCache();
  readonly sessions = new Map<string, Session>();
  readonly flowTokens = new Map<string, FlowToken>();
  readonly grants = new Grants();
  readonly mailFailures: MailFailure[] = [];
  readonly mailsUnderWay = new Set<Promise<void>>();
  readonly smtp: GlobalSmtp;
  /** Fixed answers of this installation: version, configuration, mail templates. */
  readonly fixed = new Map<string, Json>();

  constructor(version: SimVersion, smtp: GlobalSmtp) {
    this.version = NEAREST[version];
    this.smtp = smtp;
    this.api = openApi(version);
    this.access = new Access(this.store);
  }

  /** Drops cached plans as the real server does: on a change of flows, stage bindings and stages, not of policies. */
  changed(model: ModelSpec): void {
    if (model.key === FLOW || model.key === FLOW_BINDING || model.base === STAGE) this.plans.clear();
  }
}
