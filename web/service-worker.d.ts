/**
 * The part of a service worker's surroundings that service-worker.js uses. TypeScript
 * has them in a library of their own, which can't be loaded beside the page's.
 */

interface LastingEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface RequestEvent extends LastingEvent {
  readonly request: Request;
  respondWith(response: Response | Promise<Response>): void;
}

interface ServiceWorkerMessage extends LastingEvent {
  readonly data: unknown;
  readonly source: { postMessage(message: unknown): void };
}

interface ServiceWorkerScope {
  readonly registration: ServiceWorkerRegistration;
  readonly clients: {
    claim(): Promise<void>;
    matchAll(options: { type: "window" }): Promise<readonly { url: string }[]>;
  };
  skipWaiting(): Promise<void>;
  oninstall: (event: LastingEvent) => void;
  onactivate: (event: LastingEvent) => void;
  onmessage: (event: ServiceWorkerMessage) => void;
  onfetch: (event: RequestEvent) => void;
}
