import type { SecretKeyRef } from '../api/v1alpha1/common.ts';
import { camelCase, specName, type Field } from '../catalogue/field.ts';
import { OperatorError } from '../runtime/errors.ts';
import type { ManagedObject } from '../runtime/object.ts';
import type { Body } from './entity/desired.ts';
import type { SecretReader } from './secret-reader.ts';
import { secretFault } from './secret-fault.ts';
import { SecretValues, type SecretPart, type SecretRecord } from './secret-values.ts';
import { jsonObject, textsIn } from './json-secret.ts';
import { isSmtpSecret, smtpSettings } from './stage/smtp-settings.ts';

/** What an object takes from Secrets: values to compare, and values that are only written. */
export interface MemberSecrets {
  readonly body: Body;
  readonly values: SecretValues;
}

/** Reads every Secret that a member names. Fields that the member gives itself win over `smtpSecretRef`. */
export async function memberSecrets(
  reader: SecretReader,
  object: ManagedObject,
  fields: readonly Field[],
  member: Readonly<Record<string, unknown>>,
): Promise<MemberSecrets> {
  const recorded = (object.status as { secrets?: readonly SecretRecord[] } | undefined)?.secrets ?? [];
  const memory = { owner: object.metadata.uid, recorded, sent: reader.sent };
  const parts: SecretPart[] = [];
  for (const field of fields) {
    const reference = member[specName(field)] as SecretKeyRef | undefined;
    if (field.type !== 'secret' || reference === undefined) continue;
    const { value, resourceVersion } = await reader.text(object, reference, field.json === true ? textsIn : undefined);
    const parsed = field.json === true ? jsonObject(value) : undefined;
    const fault = field.json !== true ? secretFault(value, { ascii: field.ascii }) : parsed === undefined ? 'is no JSON object' : undefined;
    if (fault !== undefined) throw new OperatorError('SecretInvalid', `key "${reference.key}" of Secret "${reference.name}" ${fault}`);
    parts.push({
      name: reference.name,
      resourceVersion,
      writeOnly: { [field.api]: parsed ?? value },
      keys: { [field.api]: reference.key },
      fields: [specName(field)],
    });
  }
  const smtp = member['smtpSecretRef'] as { readonly name: string } | undefined;
  if (smtp === undefined) return { body: {}, values: new SecretValues(merged(parts), memory) };
  const secret = await reader.all(object, smtp.name, isSmtpSecret);
  const settings = smtpSettings(smtp.name, secret);
  const explicit = (api: string): boolean => camelCase(api) in member || `${camelCase(api)}SecretRef` in member;
  const without = <T>(values: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(values).filter(([api]) => !explicit(api)));
  const body = without(settings.body);
  const writeOnly = without(settings.writeOnly);
  parts.push({
    name: smtp.name,
    resourceVersion: secret.resourceVersion,
    writeOnly,
    // The keys of such a Secret are fixed, and change with its version only.
    keys: Object.fromEntries(Object.keys(writeOnly).map((api) => [api, 'smtpSecretRef'])),
    fields: Object.keys(body).map(camelCase),
  });
  return { body, values: new SecretValues(merged(parts), memory) };
}

/** One part a Secret: several fields may come out of the same one. */
function merged(parts: readonly SecretPart[]): readonly SecretPart[] {
  const byName = new Map<string, SecretPart>();
  for (const part of parts) {
    const other = byName.get(part.name);
    byName.set(
      part.name,
      other === undefined
        ? part
        : {
            ...part,
            writeOnly: { ...other.writeOnly, ...part.writeOnly },
            keys: { ...other.keys, ...part.keys },
            fields: [...other.fields, ...part.fields],
          },
    );
  }
  return [...byName.values()];
}
