import type { FIELD_BINDINGS } from '../../catalogue/field-bindings.ts';
import type { BindingTarget } from '../field-binding/carrier-row.ts';

/** What carries the link to an enrollment flow. */
export type EnrollmentTarget = BindingTarget<keyof (typeof FIELD_BINDINGS)['EnrollmentBinding']['carriers']>;
