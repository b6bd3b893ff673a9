/**
 * A flow as advice sees it, wherever it comes from: a server's lists, or manifests without any server. Fields have Authentik's own names.
 * Whatever is absent is not known, and what isn't known is advised against by no rule.
 */
export interface FlowModel {
  readonly slug: string;
  readonly fields: Fields;
  /** In the order in which visitors meet them. */
  readonly stages?: readonly StagePlace[] | undefined;
  /** Who may enter. */
  readonly policies?: readonly PolicyPlace[] | undefined;
  /** What leads visitors to the flow, named for the reader. */
  readonly linkedBy?: readonly string[] | undefined;
}

/** Values by Authentik's names. */
export type Fields = Readonly<Record<string, unknown>>;

/** A stage's place in a flow. */
export interface StagePlace {
  readonly order: number;
  /** Of the binding, such as `evaluate_on_plan`. */
  readonly fields: Fields;
  readonly stage: StageModel;
  /** Whether the stage comes up. */
  readonly policies?: readonly PolicyPlace[] | undefined;
}

export interface StageModel {
  /** Unique in Authentik. */
  readonly name: string;
  /** Authentik's `app_label.model`. */
  readonly model?: string | undefined;
  readonly fields: Fields;
  /** Of a form: what it asks for. */
  readonly prompts?: readonly PromptModel[] | undefined;
  /** Of a form: what must accept the answers. */
  readonly validationPolicies?: readonly PolicyModel[] | undefined;
}

export interface PromptModel {
  readonly fieldKey: string;
  readonly type: string;
}

export interface PolicyModel {
  readonly name: string;
  /** Authentik's `app_label.model`. */
  readonly model?: string | undefined;
}

/** A policy's place on a flow or on a stage's place. */
export interface PolicyPlace {
  readonly enabled: boolean;
  readonly negate: boolean;
  /** Absent where a group or user is bound instead. */
  readonly policy?: PolicyModel | undefined;
}
