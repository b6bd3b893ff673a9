import { classOf, REASONS, type Reason } from '../../../src/runtime/reasons.ts';
import type { StoredCondition, StoredObject } from './stored-object.ts';

/** The longest message that our conditions carry. */
const MAX_MESSAGE = 1024;

export function conditionOf(object: StoredObject, type: string): StoredCondition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}

/** `Ready=False/ReferenceNotFound`, for comparing and for failures. */
export function verdict(object: StoredObject, type = 'Ready'): string {
  const condition = conditionOf(object, type);
  return condition === undefined ? `${type}=absent` : `${type}=${condition.status}/${condition.reason}`;
}

/** Ready for the present generation, as `kubectl wait` and Argo CD judge it. */
export function isReady(object: StoredObject): boolean {
  return conditionOf(object, 'Ready')?.status === 'True' && object.status?.observedGeneration === object.metadata.generation;
}

/** Whether it is `Reconciling`, and not `Stalled`: Argo CD shows Progressing. */
export function isReconciling(object: StoredObject): boolean {
  return conditionOf(object, 'Reconciling')?.status === 'True' && conditionOf(object, 'Stalled') === undefined;
}

/** Whether it is `Stalled`, and not `Reconciling`: Argo CD shows Degraded. */
export function isStalled(object: StoredObject): boolean {
  return conditionOf(object, 'Stalled')?.status === 'True' && conditionOf(object, 'Reconciling') === undefined;
}

/**
 * What is wrong with the statuses that one object went through, by the rules of kstatus and of the Kubernetes API conventions;
 * nothing, when all is well. Every test holds every status that anybody could have seen to this.
 */
export function kstatusProblems(versions: readonly StoredObject[]): readonly string[] {
  return versions.flatMap((object, index) => {
    const place = `${object.kind}/${object.metadata.name}@${object.metadata.resourceVersion}`;
    return [...problemsOfOne(object), ...problemsOfChange(versions[index - 1], object)].map((problem) => `${place}: ${problem}`);
  });
}

function problemsOfOne(object: StoredObject): readonly string[] {
  const { status, metadata } = object;
  if (status === undefined) return [];
  const { conditions = [] } = status;
  const types = conditions.map(({ type }) => type);
  return [
    ...(new Set(types).size === types.length ? [] : ['a condition type appears twice']),
    ...(types.includes('Ready') ? [] : ['there is no Ready']),
    ...((status.observedGeneration ?? 0) <= metadata.generation ? [] : ['observedGeneration is from the future']),
    ...verdictProblems(object),
    ...conditions.flatMap((condition) => problemsOfCondition(condition, status.observedGeneration ?? 0)),
  ];
}

/** Ready excludes trouble, and trouble is either being worked on or waits for a human, never both and never neither. */
function verdictProblems(object: StoredObject): readonly string[] {
  const ready = conditionOf(object, 'Ready')?.status;
  const [reconciling, stalled] = [conditionOf(object, 'Reconciling'), conditionOf(object, 'Stalled')];
  const abnormal = [reconciling, stalled].filter((condition) => condition !== undefined);
  if (abnormal.some(({ status }) => status !== 'True')) return ['an abnormal-true condition is there and not True'];
  if (ready === 'True' && abnormal.length > 0) return ['Ready, and Reconciling or Stalled as well'];
  if (ready === 'True' && conditionOf(object, 'Ready')?.observedGeneration !== object.status?.observedGeneration)
    return ['Ready is said of another generation than the status speaks of'];
  if (ready === 'False' && abnormal.length !== 1) return [`not Ready, and ${abnormal.length} of Reconciling and Stalled`];
  return [];
}

function problemsOfCondition(condition: StoredCondition, observedGeneration: number): readonly string[] {
  const { type, reason, message, lastTransitionTime } = condition;
  const known = reason in REASONS;
  const wrongClass = known && type === 'Stalled' && classOf(reason as Reason) !== 'terminal';
  const waitsForNobody = known && type === 'Reconciling' && classOf(reason as Reason) === 'terminal';
  return [
    ...(known ? [] : [`${type} has the unknown reason ${reason}`]),
    ...(wrongClass ? [`Stalled by ${reason}, which heals by itself`] : []),
    ...(waitsForNobody ? [`Reconciling by ${reason}, which needs a human`] : []),
    ...(message.length <= MAX_MESSAGE ? [] : [`the message of ${type} is too long`]),
    ...(/<\/?[a-z][^>]*>/i.test(message) ? [`the message of ${type} holds HTML: ${message}`] : []),
    ...(Number.isNaN(Date.parse(lastTransitionTime)) ? [`${type} has no transition time`] : []),
    ...((condition.observedGeneration ?? 0) <= observedGeneration ? [] : [`${type} judges a newer generation than the status`]),
  ];
}

/** Transition times move with the status of a condition, and only with that. */
function problemsOfChange(before: StoredObject | undefined, after: StoredObject): readonly string[] {
  if (before === undefined || before.metadata.uid !== after.metadata.uid) return [];
  return (after.status?.conditions ?? []).flatMap((condition) => {
    const former = conditionOf(before, condition.type);
    if (former === undefined) return [];
    const moved = former.lastTransitionTime !== condition.lastTransitionTime;
    if (former.status === condition.status) return moved ? [`the transition time of ${condition.type} moved without a transition`] : [];
    return Date.parse(condition.lastTransitionTime) < Date.parse(former.lastTransitionTime)
      ? [`the transition time of ${condition.type} went back`]
      : [];
  });
}
