import { Webhook } from 'standardwebhooks';
import { webhookExamples } from './webhook-examples.js';
import { verifyWebhook } from './webhooks-client.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=';
const OTHER = 'whsec_AAAA9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=';
const BODY = JSON.stringify(webhookExamples['WebhookEvent']);

function headersOf(at: Date, secrets: readonly string[] = [SECRET]): Record<string, string> {
  return {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign('msg_1', at, BODY)).join(' '),
  };
}

test('a receiver reads what was signed with its secret, also while another one is signed with as well', () => {
  expect(verifyWebhook(SECRET, headersOf(new Date()), BODY)).toEqual(webhookExamples['WebhookEvent']);
  expect(verifyWebhook(SECRET, headersOf(new Date(), [OTHER, SECRET]), BODY).type).toBe('job.completed');
});

test('a body that was changed, another secret and an old message are refused', () => {
  expect(() => verifyWebhook(SECRET, headersOf(new Date()), BODY.replace('completed', 'failed'))).toThrow();
  expect(() => verifyWebhook(SECRET, headersOf(new Date(), [OTHER]), BODY)).toThrow();
  expect(() => verifyWebhook(SECRET, headersOf(new Date(Date.now() - 600_000)), BODY)).toThrow();
});
