/** Messages of a refused request by field; nested ones under a dotted path (`fields.0`), those of no field under `non_field_errors`. */
export type FieldMessages = Readonly<Record<string, readonly string[]>>;

/**
 * Flattens the body of a 400. Django REST framework nests messages as the request was nested: lists of strings, objects by key, objects by
 * index for faulty list members. `{"detail": "…"}` (a body that could not be parsed) counts as a message of no field.
 * `clean` is applied to each message.
 */
export function fieldMessages(body: unknown, clean: (text: string) => string): FieldMessages {
  const found = new Map<string, string[]>();
  collect(body, '', found);
  return Object.fromEntries([...found].map(([field, messages]) => [field, messages.map(clean)]));
}

function collect(value: unknown, path: string, found: Map<string, string[]>): void {
  if (typeof value === 'string') {
    const key = path === '' || path === 'detail' ? 'non_field_errors' : path;
    found.set(key, [...(found.get(key) ?? []), value]);
  } else if (Array.isArray(value)) {
    // A list of messages belongs to its field; a list of objects holds the messages of list members, empty where a member is fine.
    value.forEach((item: unknown, index) => {
      collect(item, typeof item === 'string' ? path : join(path, String(index)), found);
    });
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) collect(item, join(path, key), found);
  }
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
