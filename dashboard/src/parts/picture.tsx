/** The picture of a product; the first letter of its title where there is none. */
import { useState } from 'preact/hooks';

export function Picture({ image, title, size }: { image: string | undefined; title: string; size: number }) {
  const [isBroken, setBroken] = useState(false);
  if (image === undefined || isBroken)
    return (
      <span class="picture none" aria-hidden="true">
        {[...title][0] ?? '?'}
      </span>
    );
  return (
    <img class="picture" src={image} alt="" width={size} height={size} loading="lazy" onError={() => setBroken(true)} />
  );
}
