/** What to say of something that stays in Authentik though nothing here speaks of it any more. */
export function leftBehind(name: string, where: string, why?: string): string {
  return `left "${name}" behind at ${where}${why === undefined ? '' : `: ${why}`}`;
}
