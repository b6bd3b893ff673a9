/** Accounts: how one comes to be, and the times that a change leaves on it. */
import { randomUUID } from 'node:crypto';
import { USER } from './catalogue/core.ts';
import type { JsonObject } from './json.ts';
import type { Row } from './model.ts';
import type { Store } from './store.ts';

/** What a new account holds that nobody says. */
export function bornNow(): JsonObject {
  const now = new Date().toISOString();
  return { uuid: randomUUID(), date_joined: now, last_updated: now, password_change_date: now };
}

/** A new account with the model's defaults. */
export function addPerson(store: Store, values: JsonObject, identity: { pk?: number } = {}): Row {
  const spec = store.spec(USER);
  return store.add(spec, { ...structuredClone(spec.defaults), ...bornNow(), ...values }, identity);
}

/** Writes fields of an account, as any change of it does: with the time, and that of a new password. */
export function changePerson(user: Row, values: JsonObject): void {
  const now = new Date().toISOString();
  Object.assign(user.values, values, { last_updated: now }, 'password' in values ? { password_change_date: now } : {});
}
