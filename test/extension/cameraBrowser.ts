/** What a browser is to the camera's server: it keeps the cookie of the page and says where it posts from. */
export interface CameraBrowser {
  readonly page: Response;
  post(place: string, body: string | Uint8Array<ArrayBuffer>): Promise<Response>;
}

export async function cameraAt(address: string): Promise<CameraBrowser> {
  const page = await fetch(address);
  const cookie = page.headers.getSetCookie().map((one) => one.split(';')[0]!);
  const headers = { cookie: cookie.join('; '), origin: new URL(address).origin };
  return { page, post: (place, body) => fetch(address + place, { method: 'POST', body, headers }) };
}
