/**
 * All of client-node that `@dot-i/k8s-operator` uses. It is CommonJS, so a bundler can't tell, and would take in all of client-node:
 * `scripts/bundle.ts` gives it this file instead, which saves 1.8 MB of bundle and 13 MB of memory.
 */
export { ApiextensionsV1Api, CoreV1Api, KubeConfig, loadYaml, Watch } from '@kubernetes/client-node';
