/**
 * What `@dot-i/k8s-operator` would write statuses with: all the methods that use it are overridden. `scripts/bundle.ts` gives it this
 * instead of gaxios, which brings an HTTP client, a URL parser and their tables of Unicode along.
 */
export const instance = {
  request: async (): Promise<never> => Promise.reject(new Error('the base class sends no requests of its own')),
};
