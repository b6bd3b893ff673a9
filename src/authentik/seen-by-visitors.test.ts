import { STAGES } from '../catalogue/stages.ts';
import { POLICIES } from '../catalogue/policies.ts';
import { isSeenByVisitors } from './seen-by-visitors.ts';

describe('isSeenByVisitors', () => {
  it.each([...STAGES, ...POLICIES].map(({ model }) => model))('%s, which the operator makes', (model) => {
    expect(isSeenByVisitors(model)).toBe(true);
  });

  it.each([
    { model: 'authentik_flows.flowstagebinding', seen: true },
    { model: 'authentik_policies.policybinding', seen: true },
    { model: 'authentik_policies_geoip.geoippolicy', seen: true },
    { model: 'authentik_stages_invitation.invitationstage', seen: true },
    { model: 'authentik_stages_prompt.prompt', seen: true },
    { model: 'authentik_sources_oauth.oauthsource', seen: true },
    { model: 'authentik_core.application', seen: true },
    { model: 'authentik_providers_oauth2.oauth2provider', seen: true },
    { model: 'authentik_brands.brand', seen: true },
    { model: 'authentik_core.user', seen: false },
    { model: 'authentik_core.token', seen: false },
    { model: 'authentik_flows.flowtoken', seen: false },
    { model: 'authentik_stages_invitation.invitation', seen: false },
    { model: 'authentik_stages_authenticator_totp.totpdevice', seen: false },
    { model: 'authentik_stages_consent.userconsent', seen: false },
    { model: 'authentik_policies_reputation.reputation', seen: false },
    { model: 'authentik_providers_oauth2.accesstoken', seen: false },
  ])('$model: $seen', ({ model, seen }) => {
    expect(isSeenByVisitors(model)).toBe(seen);
  });
});
