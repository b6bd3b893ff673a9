import type { Controller } from './controller.ts';
import type { Environment } from './environment.ts';
import { OperatorError } from './errors.ts';
import { formatKey, type ManagedObject, type ObjectKey } from './object.ts';
import type { EngineStatus, Pass } from './pass.ts';

type Claiming = Pick<Controller<never>, 'claim' | 'server'>;

/** Everybody who claims the same thing on the same server. */
function serverTopic(server: string, claimed: string): string {
  return `claim:${server}|${claimed}`;
}

/** Everybody who claims the same thing in the same namespace, as long as no server is known. */
function neighbourTopic(namespace: string, claimed: string): string {
  return `claim:${namespace}/|${claimed}`;
}

/**
 * The topics under which an object is found by its rivals. They hold the server: everybody who installs a chart has objects of the same
 * names, and those of another server are no concern.
 */
export function claimTopics(controller: Claiming, object: ManagedObject): readonly string[] {
  const claimed = controller.claim(object);
  if (claimed === undefined) return [];
  const { uuid, connectionURL } = statusOf(object);
  const servers = [controller.server(object), uuid === undefined ? undefined : connectionURL].filter((server) => server !== undefined);
  return [neighbourTopic(object.metadata.namespace, claimed), ...[...new Set(servers)].map((server) => serverTopic(server, claimed))];
}

/** The topics of claims that `before` has and `after` hasn't. In this order, others may make them now; the other way round, no more. */
export function claimsLost(controller: Claiming, before: ManagedObject | undefined, after: ManagedObject | undefined): readonly string[] {
  const kept = new Set(after === undefined ? [] : held(controller, after));
  return before === undefined ? [] : held(controller, before).filter((topic) => !kept.has(topic));
}

/** Those by which an object keeps others out: on a server only with something on record there. */
function held(controller: Claiming, object: ManagedObject): readonly string[] {
  const claimed = controller.claim(object);
  if (claimed === undefined) return [];
  const { uuid, connectionURL } = statusOf(object);
  const neighbour = neighbourTopic(object.metadata.namespace, claimed);
  return uuid === undefined || connectionURL === undefined ? [neighbour] : [neighbour, serverTopic(connectionURL, claimed)];
}

/**
 * Whether an object is concerned by another's claim: when that is freed, who was kept out by it; when it is made, who has found the thing
 * and took it for nobody's of ours.
 */
export function isConcerned(object: ManagedObject, claim: 'freed' | 'made'): boolean {
  const reason = claim === 'freed' ? 'Conflict' : 'AdoptionConflict';
  return statusOf(object).conditions?.some((condition) => condition.type === 'Ready' && condition.reason === reason) === true;
}

/** The topic under which whoever has a primary key on record is indexed. Keys are random UUIDs: the same one is the same thing, whatever address it was reached by. */
export function keyTopic(uuid: string): string {
  return `uuid:${uuid}`;
}

/** Two objects that mean the same thing: the one that has it recorded wins, else the older one. The other writes nothing. */
export function claim<Session>(pass: Pass<Session>, environment: Environment): void {
  const onRecord = ({ uuid, connectionURL }: EngineStatus): boolean => uuid !== undefined && connectionURL === pass.url;
  refuse(pass, winner(pass, rivalsByName(pass, environment), onRecord));
}

/** The same once the thing is found: somebody who reaches its server by another address may have it on record. */
export function claimKey<Session>(pass: Pass<Session>, environment: Environment, uuid: string): void {
  refuse(pass, holder(pass, environment, uuid));
}

/** Who else has the thing on record, with the better right to it; undefined when nobody has. */
export function holder<Session>(pass: Pass<Session>, { index, store }: Environment, uuid: string): ManagedObject | undefined {
  const onRecord = (status: EngineStatus): boolean => status.uuid === uuid;
  const rivals = others(pass, index.owners(keyTopic(uuid)), store).filter(
    (rival) => onRecord(statusOf(rival)) && (pass.controller.isRival?.(pass.object, rival) ?? true),
  );
  return winner(pass, rivals, onRecord);
}

/** Who else means the same thing by name and has it on record on this server; undefined when nobody has. */
export function recordedRival<Session>(pass: Pass<Session>, environment: Environment): ManagedObject | undefined {
  return rivalsByName(pass, environment).find((rival) => statusOf(rival).uuid !== undefined);
}

function rivalsByName<Session>(pass: Pass<Session>, { index, store }: Environment): readonly ManagedObject[] {
  const claimed = pass.controller.claim(pass.object);
  if (claimed === undefined) return [];
  const topics = [neighbourTopic(pass.key.namespace, claimed), ...(pass.url === undefined ? [] : [serverTopic(pass.url, claimed)])];
  const keys = new Map(topics.flatMap((topic) => index.owners(topic)).map((key) => [formatKey(key), key]));
  return others(pass, [...keys.values()], store).filter((rival) => isRival(pass, rival));
}

function others<Session>(pass: Pass<Session>, keys: readonly ObjectKey[], store: Environment['store']): readonly ManagedObject[] {
  return keys.filter((key) => key.kind === pass.key.kind && formatKey(key) !== formatKey(pass.key)).flatMap((key) => store.get(key) ?? []);
}

/**
 * Whoever has something on record on the same server. Before anybody has, a neighbour in the namespace that means the same server
 * counts too; one elsewhere doesn't, since it may not be allowed to use that server at all, and could keep out whoever is.
 */
function isRival<Session>(pass: Pass<Session>, rival: ManagedObject): boolean {
  const { uuid, connectionURL } = statusOf(rival);
  if (uuid !== undefined) return connectionURL === pass.url;
  return rival.metadata.namespace === pass.key.namespace && pass.controller.server(rival) === pass.url;
}

/** Whoever has it on record comes first, then the older one; undefined when that is the object of this pass. */
function winner<Session>(
  pass: Pass<Session>,
  rivals: readonly ManagedObject[],
  onRecord: (status: EngineStatus) => boolean,
): ManagedObject | undefined {
  const rank = (object: ManagedObject): string => {
    const { creationTimestamp, namespace, name } = object.metadata;
    return `${onRecord(statusOf(object)) ? 0 : 1} ${creationTimestamp} ${namespace}/${name}`;
  };
  const [first] = [pass.object, ...rivals].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  return first === pass.object ? undefined : first;
}

function refuse<Session>(pass: Pass<Session>, rival: ManagedObject | undefined): void {
  if (rival === undefined) return;
  const { namespace, name } = rival.metadata;
  const what = pass.controller.claim(pass.object) ?? 'it';
  throw new OperatorError(
    'Conflict',
    `${rival.kind} ${namespace}/${name} already manages ${what}; delete one of the two, or give this one another name in Authentik`,
  );
}

function statusOf(object: ManagedObject): EngineStatus {
  return object.status ?? {};
}
