/** Events of a connection: one for each change of a condition, and for what is done to its objects. `events.k8s.io/v1`. */
import { randomBytes } from 'node:crypto';
import type { Api, KubernetesObject } from './api.js';
import type { Condition } from './conditions.js';
import { CONNECTION, EVENT, type Kind, pathOf } from './kinds.js';
import { type Log, messageOf } from './log.js';

const CONTROLLER = 'venuewire.io/operator';
const NOTE_MOST = 1_000;

/** Conditions that tell of trouble when they hold. */
const TROUBLE = ['Degraded', 'Recovering'];
const isTrouble = ({ type, status }: Condition): boolean =>
  TROUBLE.includes(type) ? status === 'True' : type !== 'Paused' && status === 'False';

export class Events {
  constructor(
    readonly api: Api,
    readonly log: Log,
    readonly instance: string,
  ) {}

  /** An event that cannot be written stops nothing. */
  async tell(
    of: KubernetesObject,
    reason: string,
    action: string,
    note: string,
    type: 'Normal' | 'Warning' = 'Normal',
    kind: Kind = CONNECTION,
  ) {
    const { name, namespace, uid, resourceVersion } = of.metadata;
    const regarding = {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      name,
      namespace,
      uid,
      resourceVersion,
    };
    const body = {
      apiVersion: EVENT.apiVersion,
      kind: EVENT.kind,
      metadata: { name: `${name}.${randomBytes(8).toString('hex')}`, namespace },
      eventTime: `${new Date().toISOString().slice(0, -1)}000Z`,
      reportingController: CONTROLLER,
      reportingInstance: this.instance.slice(0, 128),
      ...{ regarding, reason, action, type, note: note.slice(0, NOTE_MOST) },
    };
    try {
      await this.api.call('POST', pathOf(EVENT, namespace), { body });
    } catch (cause) {
      this.log('warn', 'an event was not written', { key: `${namespace}/${name}`, reason, cause: messageOf(cause) });
    }
  }

  async changes(of: KubernetesObject, before: readonly Condition[], after: readonly Condition[]): Promise<void> {
    for (const condition of after) {
      const old = before.find((c) => c.type === condition.type);
      if (old?.status === condition.status && old.reason === condition.reason) continue;
      // What was not said before, and is as it should be or not known yet, is no change.
      if (old === undefined && !isTrouble(condition) && condition.type !== 'Paused') continue;
      if (old === undefined && condition.status !== 'True') continue;
      const { type, status, reason, message } = condition;
      await this.tell(
        of,
        reason,
        type,
        `${type} is ${status}: ${message}`,
        isTrouble(condition) ? 'Warning' : 'Normal',
      );
    }
  }
}
