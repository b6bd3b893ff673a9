import { z } from 'zod';

/** Something that the flow executor says is wrong with an answer. */
export interface ResponseError {
  /** `non_field_errors` for those of no field. */
  readonly field: string;
  readonly string: string;
  readonly code: string;
}

/** What Authentik asks a visitor next. */
export interface Challenge {
  /** Which form to show, such as `ak-stage-prompt`. */
  readonly component: string;
  /** Why the last answer was refused; empty on a first challenge. */
  readonly responseErrors: readonly ResponseError[];
  /** The challenge as it came. */
  readonly raw: Readonly<Record<string, unknown>>;
  readonly flowTitle?: string;
}

const Body = z.looseObject({
  component: z.string(),
  flow_info: z.looseObject({ title: z.string().optional() }).nullish(),
  response_errors: z.record(z.string(), z.array(z.looseObject({ string: z.string(), code: z.string().default('') }))).nullish(),
});

/** Reads a challenge; undefined for anything else. */
export function parseChallenge(body: unknown): Challenge | undefined {
  const { data } = Body.safeParse(body);
  if (data === undefined) return undefined;
  const title = data.flow_info?.title;
  return {
    component: data.component,
    responseErrors: Object.entries(data.response_errors ?? {}).flatMap(([field, errors]) =>
      errors.map(({ string, code }) => ({ field, string, code })),
    ),
    raw: data,
    ...(title === undefined ? {} : { flowTitle: title }),
  };
}

/** Whether the flow ended without letting the visitor in. */
export function isRefusal(challenge: Challenge): boolean {
  return challenge.component === 'ak-stage-access-denied' || challenge.component === 'ak-stage-flow-error';
}

/** Where the flow sends the visitor when it is done; undefined while it isn't. */
export function redirectTarget(challenge: Challenge): string | undefined {
  const { to } = challenge.raw;
  return challenge.component === 'xak-flow-redirect' && typeof to === 'string' ? to : undefined;
}

/** The challenge in one line, for messages. Holds no answers. */
export function describeChallenge(challenge: Challenge): string {
  const { component, raw, responseErrors } = challenge;
  const errors = responseErrors.map(({ field, string }) => (field === 'non_field_errors' ? string : `${field}: ${string}`));
  const said = [...errors, raw['error_message'], raw['request_id']].filter((text) => typeof text === 'string' && text !== '').join(' ');
  const to = redirectTarget(challenge);
  return `${component}${to === undefined ? '' : ` to ${to}`}${said === '' ? '' : ` (${said.replace(/\.$/, '')})`}`;
}
