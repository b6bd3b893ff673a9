import * as k8s from '@kubernetes/client-node';

/** A kubeconfig whose requests ask for another representation: client-node's Watch has no way to say so. */
export class AcceptingKubeConfig extends k8s.KubeConfig {
  readonly #base: k8s.KubeConfig;
  readonly #accept: string;

  constructor(base: k8s.KubeConfig, accept: string) {
    super();
    this.#base = base;
    this.#accept = accept;
  }

  override getCurrentCluster(): k8s.Cluster | null {
    return this.#base.getCurrentCluster();
  }

  override async applySecurityAuthentication(context: k8s.RequestContext): Promise<void> {
    await this.#base.applySecurityAuthentication(context);
    context.setHeaderParam('Accept', this.#accept);
  }
}
