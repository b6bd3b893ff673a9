import * as k8s from '@kubernetes/client-node';
import { NotOursError, StoreConflictError } from '../runtime/store.ts';
import { KubeConfigMapWriter } from './config-map-writer.ts';
import { ApiServerDouble } from './testing/api-server-double.ts';
import { managedObject } from './testing/custom-resources.ts';

const CONFIG_MAPS = '/api/v1/namespaces/shop/configmaps';
const owner = managedObject('market', { annotations: { 'argocd.argoproj.io/tracking-id': 'x' }, labels: { team: 'shop' } });
const controller = { apiVersion: owner.apiVersion, kind: 'Flow', name: 'market', uid: owner.metadata.uid, controller: true };

describe('KubeConfigMapWriter', () => {
  let server: ApiServerDouble;
  let writer: KubeConfigMapWriter;
  const writes = () => server.requests.filter(({ method }) => method !== 'GET').map(({ method }) => method);
  const stored = () => server.table.get(`${CONFIG_MAPS}/urls`);
  const exists = (metadata: object) =>
    server.table.create(CONFIG_MAPS, { metadata: { name: 'urls', ...metadata }, data: { url: 'theirs' } });

  beforeEach(async () => {
    server = await ApiServerDouble.listen();
    writer = new KubeConfigMapWriter(server.kubeConfig().makeApiClient(k8s.CoreV1Api));
  });

  afterEach(() => server.close());

  it('creates it for its owner, with nothing of the owner’s labels and annotations', async () => {
    await writer.apply(owner, 'urls', { url: 'https://shop.example' });
    const { name, namespace, labels, annotations, ownerReferences } = stored().metadata;
    expect({ name, namespace, labels, annotations, ownerReferences }).toEqual({
      name: 'urls',
      namespace: 'shop',
      labels: { 'app.kubernetes.io/managed-by': 'authentik-flow-operator' },
      annotations: undefined,
      ownerReferences: [controller],
    });
    expect(stored()['data']).toEqual({ url: 'https://shop.example' });
  });

  describe('that may write some names only', () => {
    beforeEach(() => {
      writer = new KubeConfigMapWriter(server.kubeConfig().makeApiClient(k8s.CoreV1Api), ['market-sign-up', 'other']);
    });

    it('writes these', async () => {
      await writer.apply(owner, 'other', { url: 'ours' });
      expect(writes()).toEqual(['POST']);
    });

    it('asks for no other, and says which ones there are and where that is said', async () => {
      const applied = writer.apply(owner, 'urls', { url: 'ours' });
      await expect(applied).rejects.toThrow(NotOursError);
      await expect(applied).rejects.toThrow(
        'ConfigMap shop/urls: the operator may write market-sign-up, other only: take that name, or add this one to --config-map-names (rbac.configMapNames of its chart)',
      );
      expect(server.requests).toEqual([]);
    });

    it('leaves one that it made when it still might to the garbage collector', async () => {
      exists({ ownerReferences: [controller] });
      await writer.remove(owner, 'urls');
      expect(writes()).toEqual([]);
    });
  });

  it('writes only on difference', async () => {
    await writer.apply(owner, 'urls', { a: '1', b: '2' });
    await writer.apply(owner, 'urls', { b: '2', a: '1' });
    expect(writes()).toEqual(['POST']);
    await writer.apply(owner, 'urls', { a: '1' });
    expect(writes()).toEqual(['POST', 'PUT']);
    expect(stored()['data']).toEqual({ a: '1' });
  });

  it('keeps what others added to it', async () => {
    const theirs = { apiVersion: 'v1', kind: 'Pod', name: 'reader', uid: 'u' };
    exists({ labels: { mine: 'too' }, ownerReferences: [theirs, controller] });
    await writer.apply(owner, 'urls', { url: 'ours' });
    expect(stored().metadata).toMatchObject({ labels: { mine: 'too' }, ownerReferences: [theirs, controller] });
  });

  it.each([
    { metadata: {}, message: 'somebody else', reason: 'nobody owns it' },
    {
      metadata: { ownerReferences: [{ ...controller, controller: false }] },
      message: 'somebody else',
      reason: 'we are named, but not as controller',
    },
    {
      metadata: { ownerReferences: [{ ...controller, kind: 'Deployment', uid: 'other' }] },
      message: 'Deployment market',
      reason: 'another kind owns it',
    },
  ])('leaves it alone when $reason', async ({ metadata, message }) => {
    exists(metadata);
    const applying = writer.apply(owner, 'urls', { url: 'ours' });
    await expect(applying).rejects.toThrow(NotOursError);
    await expect(applying).rejects.toThrow(`ConfigMap shop/urls exists and belongs to ${message}`);
    await writer.remove(owner, 'urls');
    expect(stored()['data']).toEqual({ url: 'theirs' });
    expect(writes()).toEqual([]);
  });

  it('takes over what an owner of the same name left behind', async () => {
    exists({ ownerReferences: [{ ...controller, uid: 'of the one before' }] });
    await writer.apply(owner, 'urls', { url: 'theirs' });
    expect(stored().metadata['ownerReferences']).toEqual([controller]);
  });

  it('removes it, and finds it gone in order', async () => {
    await writer.apply(owner, 'urls', {});
    await writer.remove(owner, 'urls');
    await writer.remove(owner, 'urls');
    expect(writes()).toEqual(['POST', 'DELETE']);
    expect(server.seen('DELETE')[0]?.body).toMatchObject({ preconditions: { uid: expect.any(String) as string } });
  });

  it.each([
    { method: 'POST', status: 409, expected: StoreConflictError, reason: 'created by somebody else since we looked' },
    { method: 'PUT', status: 409, expected: StoreConflictError, reason: 'changed by somebody else since we looked' },
    { method: 'PUT', status: 404, expected: StoreConflictError, reason: 'removed by somebody else since we looked' },
  ])('$method answered with $status is a conflict: $reason', async ({ method, status, expected }) => {
    if (method === 'PUT') await writer.apply(owner, 'urls', { url: 'old' });
    server.interfere = (request) => (request.method === method ? { status } : undefined);
    await expect(writer.apply(owner, 'urls', { url: 'new' })).rejects.toThrow(expected);
  });

  it('says what it may not do', async () => {
    server.interfere = () => ({ status: 403, body: { message: 'configmaps is forbidden' } });
    await expect(writer.apply(owner, 'urls', {})).rejects.toMatchObject({
      reason: 'StoreUnavailable',
      message: 'could not read ConfigMap shop/urls: HTTP 403: configmaps is forbidden',
    });
  });
});
