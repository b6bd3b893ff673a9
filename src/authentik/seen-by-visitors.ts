/**
 * Django's `app_label.model` of whatever decides what visitors get to see: flows and what they are made of, sources, and what a market's
 * login goes by. People's own rows (devices, consents, reputations, invitations) come and go all the time, and change nothing for others.
 */
const SEEN = new RegExp(
  `^authentik_(${[
    'flows\\.(flow|flowstagebinding)',
    'policies\\.policybinding',
    'policies_\\w+\\.\\w+policy',
    'stages_\\w+\\.(\\w+stage|prompt)',
    'endpoints\\.endpointstage',
    'sources_\\w+\\.\\w+source',
    'core\\.application',
    'providers_oauth2\\.oauth2provider',
    'brands\\.brand',
  ].join('|')})$`,
);

/** Whether a change of such an object may change what visitors see. */
export function isSeenByVisitors(model: string): boolean {
  return SEEN.test(model);
}

/** Whether such an object has a field for the link to a sign-up. */
export function carriesLink(model: string): boolean {
  return model === 'authentik_stages_identification.identificationstage' || model.startsWith('authentik_sources_');
}
