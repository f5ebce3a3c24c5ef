/**
 * Matomo's visits log (Live.getLastVisitsDetails as JSON): views of products, carts and orders inside each visit.
 *
 * @source Matomo Reporting API, Live; Matomo guide, Ecommerce tracking
 */
import { type EventDraft, headerError, type ImportKind, namesOf, type RowMapper, type RowSink } from './kind.ts';
import { isTree, list, numberOf, type Tree, textOf } from './tree.ts';

export const matomo: ImportKind = {
  name: 'matomo',
  summary: "Matomo's visits as JSON (idVisit, visitorId, actionDetails)",

  recognises: (source) => {
    const names = namesOf(source);
    return (
      source.columns === undefined && ['idVisit', 'visitorId', 'actionDetails'].every((name) => names.includes(name))
    );
  },

  open(source, options): RowMapper {
    const missing = ['idVisit', 'visitorId', 'actionDetails'].filter((name) => !namesOf(source).includes(name));
    if (source.columns !== undefined || missing.length > 0) throw headerError(source, 'matomo', missing);
    return {
      fields: [
        ...(['time', 'userId', 'visitorId', 'sessionId', 'productId', 'quantity', 'price', 'currency'] as const),
        ...(['device', 'place', 'referrer', 'text', 'title'] as const),
      ],
      several: true,
      notes: [`${source.name}: times are counts of seconds, prices in the site's currency`],
      map(row, sink) {
        if (!isTree(row.value)) return 'expected a JSON object';
        for (const action of list(row.value['actionDetails'])) {
          const problem = actionRows(row.value, action, sink, options.currency);
          if (problem) return problem;
        }
        return '';
      },
    };
  },
};

function actionRows(visit: Tree, action: Tree, sink: RowSink, currency: string | undefined): string {
  const type = textOf(action, 'type');
  const begin = (kind: EventDraft['kind']): EventDraft => {
    const event = sink.begin(kind);
    event.time = Math.round(numberOf(action, 'timestamp') * 1000);
    event.userId = textOf(visit, 'userId');
    event.visitorId = textOf(visit, 'visitorId');
    event.sessionId = textOf(action, 'orderId') || textOf(visit, 'idVisit');
    event.currency = textOf(visit, 'siteCurrency') || currency || '';
    event.device = textOf(visit, 'deviceType');
    event.place = textOf(visit, 'countryCode', 'country');
    event.referrer = textOf(visit, 'referrerName', 'referrerUrl');
    return event;
  };
  const bought = type === 'ecommerceOrder';
  if (bought || type === 'ecommerceAbandonedCart') {
    for (const item of list(action['itemDetails'])) {
      const event = begin(bought ? 'purchase' : 'add_to_cart');
      event.productId = textOf(item, 'itemSKU', 'itemName');
      if (event.productId === '') return 'itemDetails: expected an itemSKU, got nothing';
      event.title = textOf(item, 'itemName');
      event.quantity = numberOf(item, 'quantity');
      event.price = numberOf(item, 'price');
      sink.emit();
      const category = textOf(item, 'itemCategory');
      if (category !== '') sink.product({ productId: event.productId, categories: [[category]] });
    }
    return '';
  }
  if (type === 'search') {
    begin('search').text = textOf(action, 'siteSearchKeyword', 'pageTitle');
    sink.emit();
    return '';
  }
  const viewed = textOf(action, 'productViewSku', 'productViewName');
  if (viewed === '') return '';
  const event = begin('view_item');
  event.productId = viewed;
  event.title = textOf(action, 'productViewName');
  event.price = numberOf(action, 'productViewPrice');
  sink.emit();
  return '';
}
