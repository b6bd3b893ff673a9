/** A value of a Secret that must hold a JSON object; undefined when it doesn't. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** Every text in it: each may be the secret itself, such as the key of a service account. */
export function textsIn(text: string): readonly string[] {
  const collect = (value: unknown): readonly string[] => {
    if (typeof value === 'string') return [value];
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(collect) : [];
  };
  return collect(jsonObject(text));
}
