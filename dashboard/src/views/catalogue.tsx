/** All products, page by page. */
import { useState } from 'preact/hooks';
import type { StoredProduct } from '../api.ts';
import { NewProduct } from '../parts/new-product.tsx';
import { Picture } from '../parts/picture.tsx';
import type { View, ViewProps } from '../view.ts';

interface Catalogue {
  readonly products: readonly StoredProduct[];
  readonly next?: string;
}

function CataloguePage({ data, desk }: ViewProps<Catalogue>) {
  const { words, api } = desk;
  const [products, setProducts] = useState(data.products);
  const [next, setNext] = useState(data.next);
  const more = async (): Promise<void> => {
    const page = await api.products(next);
    setProducts([...products, ...page.products]);
    setNext(page.next);
  };
  return (
    <section aria-labelledby="catalogue">
      <h1 id="catalogue">{words.catalogue}</h1>
      {desk.acts && <NewProduct desk={desk} />}
      {products.length === 0 && <p class="quiet">{words.none}</p>}
      <ul class="cards">
        {products.map(({ productId, title, images, categories, hidden }) => (
          <li class="card" key={productId}>
            <a class="shown" href={`/catalogue/${encodeURIComponent(productId)}`}>
              <Picture image={images[0]} title={title} size={160} />
              <span class="title">{title}</span>
            </a>
            <p class="facts">
              <span class="quiet">{categories.map((path) => path.join(' › ')).join(' · ')}</span>
              {hidden && <span class="badge quiet">{words.product.hidden}</span>}
            </p>
          </li>
        ))}
      </ul>
      {next !== undefined && (
        <p>
          <button type="button" onClick={() => void more()}>
            {words.more}
          </button>
        </p>
      )}
    </section>
  );
}

export const catalogueView: View<Catalogue> = {
  section: 'catalogue',
  path: '/catalogue',
  load: (api) => api.products(),
  Page: CataloguePage,
};
