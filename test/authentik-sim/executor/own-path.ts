/** Whether an address stays on the server that leads there. */
export function isOwnPath(address: string): boolean {
  return address.startsWith('/') && !address.startsWith('//');
}
