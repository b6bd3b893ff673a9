import { z } from 'zod';

const schema = z.object({
  NEXT_PUBLIC_AUTH_ENABLED: z.literal('true'),
  NEXT_PUBLIC_AUTH_PROVIDER: z.literal('oidc'),
  NEXT_PUBLIC_OIDC_ISSUER: z.url(),
  NEXT_PUBLIC_OIDC_CLIENT_ID: z.string().min(1),
  NEXT_PUBLIC_OIDC_REDIRECT_URI: z.url(),
  NEXT_PUBLIC_OIDC_TOKEN_URL: z.url(),
  NEXT_PUBLIC_OIDC_SIGNUP_FLOW: z.string().default('self-service-registration'),
  /** Comes from a Secret; everything else may be public. */
  OIDC_CLIENT_SECRET: z.string().min(1),
});

/** What the market's container is told, under the names that the market gives it. */
export type MarketEnvironment = z.infer<typeof schema>;

/** @throws when a variable is missing or not what it should be; names it, and holds no value. */
export function parseEnvironment(variables: Readonly<Record<string, string>>): MarketEnvironment {
  const parsed = schema.safeParse(variables);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path }) => path.join('.'));
  throw new Error(`the market can't start: ${[...new Set(wrong)].join(', ')} missing or wrong`);
}
