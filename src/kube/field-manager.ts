/** Who we are to the API server: in `metadata.managedFields`, as reporter of Events, and in the managed-by label. */
export const FIELD_MANAGER = 'authentik-flow-operator';
