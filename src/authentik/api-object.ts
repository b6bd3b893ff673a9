/** An object as Authentik's API returns it. Numeric keys (of users) appear as text. */
export type ApiObject = Record<string, unknown> & { readonly pk: string };
