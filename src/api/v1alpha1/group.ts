/** The API group of all our kinds. */
export const GROUP = 'authentik.oceanenterprise.io';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;

/** On every object that has something in Authentik; removed when that has been dealt with. */
export const FINALIZER = `${GROUP}/finalizer`;

/** On a Secret: `"true"` lets the operator use it, where it asks for that (`--require-secret-label`). */
export const ALLOW_USE_LABEL = `${GROUP}/allow-use`;

/** `"true"` stops all writes for the object. */
export const PAUSED_ANNOTATION = `${GROUP}/paused`;

/** `"true"` deletes even what others in Authentik use. */
export const FORCE_DELETE_ANNOTATION = `${GROUP}/force-delete`;
/** `"true"` lets an object that is being deleted go at once when what it has in Authentik can't be reached. */
export const ABANDON_ANNOTATION = `${GROUP}/abandon`;
