import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { none } from '../../src/security/none.ts';
import { fakeAuthenticator } from '../support/fake-authenticator.ts';
import { joinType, serveType } from '../support/security-contexts.ts';

describe('None', () => {
  it('exchanges nothing, and asks whether strangers may enter', async () => {
    const authenticator = fakeAuthenticator();
    const { server } = await joinType(none, { authenticator }, {});
    assert.equal(server.denied, undefined);
    assert.deepEqual(authenticator.asked, ['anyone']);
  });

  it('denies where strangers may not enter, still without a byte', async () => {
    const authenticator = fakeAuthenticator({ anyone: false });
    const { viewer, outcome } = serveType(none, { authenticator });
    const { denied, reader } = await outcome;
    assert.equal(denied?.message, 'strangers are not let in');
    reader.stream.end();
    await viewer.expectEnd();
  });
});
