import type { Severity } from '../../src/advice/rule.ts';
import { RULES } from '../../src/advice/rules.ts';
import { EVENTS, isAdvice, REASONS, type Reason, type ReasonClass } from '../../src/runtime/reasons.ts';
import { code, GENERATED, table } from './markdown.ts';

/** Classes in the order in which a reader meets them, with what they mean for whoever waits. */
const CLASSES: readonly { readonly name: ReasonClass; readonly title: string; readonly heals: string; readonly text: string }[] = [
  {
    name: 'waiting',
    title: 'Waiting for something',
    heals: 'Yes, as soon as what it waits for changes.',
    text: '`Ready=False`, `Reconciling=True`. Nothing is retried in the meantime: the change of what is missing is noticed.',
  },
  {
    name: 'transient',
    title: 'Tried again',
    heals: 'Yes, if the cause passes: retried with growing pauses of at most two minutes.',
    text: '`Ready=False`, `Reconciling=True`.',
  },
  {
    name: 'terminal',
    title: 'A human must act',
    heals: 'No.',
    text: '`Ready=False`, `Stalled=True`. Argo CD shows Degraded, and a sync wave fails.',
  },
  { name: 'ok', title: 'All is well', heals: 'Nothing to heal.', text: 'Nothing keeps the object from being Ready.' },
];

/** The page of reasons. Every reason of the table is on it, since it is made from the table. */
export function reasonsPage(): string {
  return [
    `${GENERATED}# Reasons\n\n`,
    'Every condition carries one of these reasons, and its message says what exactly. `kubectl describe` shows both. There are no others.\n\n',
    table(
      ['Reason', 'Heals by itself?'],
      CLASSES.flatMap(({ name, heals }) => reasonsOf(name).map(([reason]) => [`[${reason}](#${reason.toLowerCase()})`, heals])),
    ),
    ...CLASSES.map(
      ({ name, title, heals, text }) =>
        `\n## ${title}\n\n${text}\n\n${reasonsOf(name)
          .map(([reason, entry]) => section(reason, entry, heals))
          .join('\n')}`,
    ),
    advice(),
    `\n## Events\n\n${EVENTS_TEXT}\n\n${table(
      ['Event', 'Meaning'],
      Object.entries(EVENTS).map(([event, meaning]) => [code(event), meaning]),
    )}`,
  ].join('');
}

const ADVICE_TEXT =
  'Reasons of the condition `Advice` on flows and stages. Authentik holds what the spec declares, the object is Ready and stays so; but something in it should be known. ' +
  'The worst gives the reason, and the message names all. What is not known brings no advice: stages that are not declared here are looked into only where stages of their type are.';

const SEVERITIES: Readonly<Record<Severity, string>> = {
  error: 'The wrong ones get in, an account is lost, or nobody gets through.',
  warning: 'Hardly meant as it is.',
  info: 'May be meant, and should be known.',
};

/** In the order in which advice is given. */
function advice(): string {
  const rows = RULES.map(({ id, severity, looksAt }) => [`[${id}](#${id.toLowerCase()})`, severity, looksAt.map(code).join(', ')]);
  const severities = Object.entries(SEVERITIES).map(([severity, meaning]) => `- ${code(severity)}: ${meaning}`);
  const sections = RULES.map(({ id }) => section(id, REASONS[id], 'It goes away when what it is about is mended.'));
  return `\n## Advice\n\n${ADVICE_TEXT}\n\n${severities.join('\n')}\n\n${table(['Reason', 'Severity', 'Looks at'], rows)}\n${sections.join('\n')}`;
}

const EVENTS_TEXT =
  'A reason is also the reason of an event when an object gets there, once and not at each retry. These events tell of deeds:';

type Entry = (typeof REASONS)[keyof typeof REASONS];

function reasonsOf(name: ReasonClass): readonly (readonly [string, Entry])[] {
  return Object.entries(REASONS).filter(([reason, entry]) => entry.class === name && !isAdvice(reason as Reason));
}

function section(reason: string, { cause, remedy }: Entry, heals: string): string {
  return `### ${reason}\n\n- **Cause:** ${cause}\n- **What to do:** ${remedy}\n- **Heals by itself?** ${heals}\n`;
}
