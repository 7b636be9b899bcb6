import type { Agent } from 'node:http';
import { HttpsProxyAgent } from 'https-proxy-agent';

// A bundle of its own: few need it, and the editor reads the extension's at every start.

/**
 * What connects through a proxy.
 *
 * @param proxy its address
 */
export function proxyAgent(proxy: string): Agent {
  return new HttpsProxyAgent(proxy);
}
