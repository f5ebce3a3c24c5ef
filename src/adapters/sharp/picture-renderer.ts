/** Turns drawings (SVG) into pictures (WebP) by sharp, where it is installed. */

export interface PictureRenderer {
  readonly extension: string;
  /** @param svg - a whole SVG document */
  render(svg: string): Promise<Uint8Array>;
}

/** @returns nothing where sharp is missing or does not load on this machine */
export async function openPictureRenderer(): Promise<PictureRenderer | undefined> {
  const loaded = await import('sharp').catch(() => undefined);
  if (!loaded) return undefined;
  const { default: sharp } = loaded;
  return { extension: 'webp', render: (svg) => sharp(Buffer.from(svg)).webp({ quality: 85 }).toBuffer() };
}
