import type { Field } from '../field.ts';

/** On every stage in which people set up something for themselves. */
export const SET_UP_FIELDS = [
  {
    api: 'configure_flow',
    default: null,
    type: 'reference',
    to: 'flow',
    nullable: true,
    description: 'The flow in which people set it up from their own settings page.',
  },
  {
    api: 'friendly_name',
    default: '',
    type: 'string',
    maxLength: 1024,
    description: 'What people read instead of the name of the stage. `""` for the name.',
  },
] as const satisfies readonly Field[];
