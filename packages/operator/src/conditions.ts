/**
 * What is said of a connection, from what is: pure. By the conventions of Kubernetes' API: a condition keeps the time of its last
 * change of status, and the generation of `spec` that it is about. Messages hold no counts: they would be written with every poll.
 */
import type { KubernetesObject } from './api.js';
import type { HandlerState } from './handlers.js';

export const CONDITIONS = ['Planned', 'Ready', 'Receiving', 'Recovering', 'Degraded', 'Paused'] as const;
export type ConditionType = (typeof CONDITIONS)[number];

export interface Said {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}
export interface Condition extends Said {
  readonly type: string;
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

/** What is known of one connection. */
export interface Facts {
  readonly paused: boolean;
  /** Why it is not applied: errors of its plan. */
  readonly refused: readonly string[];
  /** Objects that carry a name of ours and belong to another: they are left alone. */
  readonly taken: readonly string[];
  readonly deployment: KubernetesObject | undefined;
  /** Its pods that do not end. */
  readonly pods: readonly KubernetesObject[];
  readonly stateOf: (pod: KubernetesObject) => HandlerState | undefined;
}

const MESSAGE_MOST = 1_000;
const yes = (reason: string, message: string): Said => ({ status: 'True', reason, message });
const no = (reason: string, message: string): Said => ({ status: 'False', reason, message });
const unknown = (reason: string, message: string): Said => ({ status: 'Unknown', reason, message });

const isReady = (pod: KubernetesObject): boolean =>
  pod.status?.conditions?.some((c: Condition) => c.type === 'Ready' && c.status === 'True') === true;

/** The pods of the present generation are there, and no others. */
export function isRolledOut(deployment: KubernetesObject | undefined): boolean {
  const { status, metadata, spec } = deployment ?? { metadata: { name: '' } };
  return (
    deployment !== undefined &&
    (status?.observedGeneration ?? 0) >= (metadata.generation ?? 1) &&
    (status?.updatedReplicas ?? 0) >= (spec?.replicas ?? 1) &&
    (status?.replicas ?? 0) === (status?.updatedReplicas ?? 0) &&
    (status?.availableReplicas ?? 0) >= (spec?.replicas ?? 1)
  );
}

/** A container that ends again and again, or an image that is not there. */
function failureOf(pod: KubernetesObject): string | undefined {
  const statuses = (pod.status?.containerStatuses ?? []) as { state?: { waiting?: { reason?: string } } }[];
  const reason = statuses.map((s) => s.state?.waiting?.reason).find((r) => r !== undefined && /BackOff|Err/.test(r));
  return reason ?? (pod.status?.phase === 'Failed' ? (pod.status.reason ?? 'Failed') : undefined);
}

function readiness({ pods, deployment, refused }: Facts): Said {
  const ready = pods.filter(isReady);
  if (ready.length === 0) {
    if (refused.length > 0) return no('NotPlanned', 'nothing is applied while the plan has errors');
    return pods.length === 0
      ? no('NoPod', 'there is no pod yet')
      : no('NotReady', 'the pod is not ready: its /readyz says why');
  }
  return isRolledOut(deployment)
    ? yes('Ready', 'every channel has brought something, and nothing is missing')
    : yes('Rolling', 'a ready pod serves until the one that is to replace it is ready');
}

function degradation({ pods, taken, refused }: Facts, states: readonly HandlerState[]): Said {
  const lost = states.flatMap((s) => s.lost);
  const silent = states.flatMap((s) => s.silentLines);
  const failure = pods.map(failureOf).find((f) => f !== undefined);
  if (taken.length > 0) return yes('NameTaken', `these belong to another, and are left alone: ${taken.join(', ')}`);
  if (lost.length > 0)
    return yes('MessagesLost', `numbers were given up and no snapshot carried them: ${lost.join(', ')}`);
  if (failure !== undefined) return yes('PodFailing', failure);
  if (silent.length > 0) return yes('LineSilent', `lines bring nothing while the others do: ${silent.join(', ')}`);
  if (refused.length > 0)
    return yes('NotPlanned', 'what runs is of a generation before: the plan of this one has errors');
  return no('Good', 'nothing lost, no line silent');
}

/** Every condition but the times. */
export function conditionsOf(facts: Facts): Record<ConditionType, Said> {
  const states = facts.pods.map(facts.stateOf).filter((s): s is HandlerState => s?.reached === true);
  const recovering = [...new Set(states.flatMap((s) => s.recovering))];
  const receiving = states.find((s) => s.silentChannels.length === 0);
  const silent = [...new Set(states.flatMap((s) => s.silentChannels))];
  return {
    Planned:
      facts.refused.length > 0
        ? no('Refused', facts.refused.join('; ').slice(0, MESSAGE_MOST))
        : yes('Planned', 'the plan has no errors'),
    Ready: readiness(facts),
    Receiving:
      states.length === 0
        ? unknown('NotReached', 'no handler answers')
        : receiving !== undefined
          ? yes('Receiving', 'every channel has brought something')
          : no('Silent', `nothing received yet: ${silent.join(', ')}`),
    Recovering:
      states.length === 0
        ? unknown('NotReached', 'no handler answers')
        : recovering.length > 0
          ? yes('Missing', `numbers are missing: ${recovering.join(', ')}`)
          : no('Whole', 'nothing is missing'),
    Degraded: degradation(facts, states),
    Paused: facts.paused
      ? yes('Annotated', 'nothing is applied while the annotation is there')
      : no('Reconciled', 'what is declared is applied'),
  };
}

/** With times: a condition that keeps its status keeps its time. */
export function withTimes(
  said: Readonly<Record<ConditionType, Said>>,
  before: readonly Condition[],
  generation: number,
  now: string,
): Condition[] {
  return CONDITIONS.map((type) => {
    const { status, reason, message } = said[type];
    const old = before.find((c) => c.type === type);
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : now;
    return { type, status, reason, message, lastTransitionTime, observedGeneration: generation };
  });
}
