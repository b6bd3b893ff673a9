/** Ends what the set-up started; a control plane that was there before keeps running. */
export default async function tearDown(): Promise<void> {
  await globalThis.bed?.stop();
}
