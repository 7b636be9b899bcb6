/** A picture of a drawing, with twice its pixels. @returns PNG in base64 */
export async function pngOf(svg: string, { width, height }: { width: number; height: number }): Promise<string> {
  const picture = new Image();
  // The page's policy allows pictures that come as data.
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await picture.decode();
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: Math.round(2 * width), height: Math.round(2 * height) });
  canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/png').replace(/^data:image\/png;base64,/, '');
}
