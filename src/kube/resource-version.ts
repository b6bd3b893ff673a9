const NUMBER = /^\d+$/;

/**
 * Whether `version` is older than `other`. Resource versions of one resource type compare as integers (guaranteed since
 * Kubernetes 1.35, true of every etcd-backed server before); when one isn't a number nothing is known, and the answer is no.
 */
export function isOlderVersion(version: string, other: string): boolean {
  return NUMBER.test(version) && NUMBER.test(other) && BigInt(version) < BigInt(other);
}
