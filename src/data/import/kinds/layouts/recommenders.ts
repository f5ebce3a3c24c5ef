/**
 * What other recommenders are fed with: Gorse, Recombee, AWS Personalize, Google's Retail API, Algolia Insights. Metarank's
 * file of several things stands in metarank.ts.
 *
 * @source Gorse documentation, Data objects; Recombee API reference; Amazon Personalize developer guide, Schemas;
 * Vertex AI Search for commerce, Product and UserEvent; Algolia Insights API
 */
import type { Layout } from '../layout.ts';

export const recommenders: readonly Layout[] = [
  {
    name: 'gorse-feedback',
    summary: "Gorse's feedback (FeedbackType, UserId, ItemId, Timestamp)",
    role: 'events',
    signature: ['FeedbackType', 'UserId', 'ItemId'],
    columns: { kind: 'FeedbackType', userId: 'UserId', productId: 'ItemId', time: ['Timestamp'], text: 'Comment' },
    ignored: ['Updated'],
  },
  {
    name: 'gorse-items',
    summary: "Gorse's items (ItemId, IsHidden, Categories, Labels)",
    role: 'products',
    signature: ['ItemId', 'IsHidden', 'Labels'],
    columns: {
      ...{ productId: 'ItemId', hidden: 'IsHidden', category: 'Categories', tags: 'Labels' },
      title: ['Comment', 'Description'],
    },
    separators: { category: '|', tags: '|' },
    levels: />/,
    ignored: ['Timestamp'],
  },
  {
    name: 'gorse-users',
    summary: "Gorse's users (UserId, Labels)",
    role: 'people',
    signature: ['UserId', 'Labels'],
    absent: ['ItemId'],
    columns: { userId: 'UserId' },
    attributes: { labels: 'Labels' },
    ignored: ['Subscribe', 'Comment'],
  },
  {
    name: 'recombee',
    summary: "Recombee's interactions (userId, itemId, timestamp, recommId)",
    role: 'events',
    signature: ['userId', 'itemId', 'timestamp', 'recommId'],
    columns: {
      ...{ userId: 'userId', productId: 'itemId', time: 'timestamp', recommendationId: 'recommId', value: 'rating' },
      ...{ quantity: 'amount', lineTotal: 'price', kind: ['type', 'interactionType'], sessionId: 'sessionId' },
    },
    ignored: ['cascadeCreate', 'duration', 'profit', 'additionalData'],
  },
  {
    name: 'personalize-interactions',
    summary: "AWS Personalize's interactions (USER_ID, ITEM_ID, TIMESTAMP, EVENT_TYPE)",
    role: 'events',
    signature: ['USER_ID', 'ITEM_ID', 'TIMESTAMP', 'EVENT_TYPE'],
    columns: {
      ...{ userId: 'USER_ID', productId: 'ITEM_ID', time: 'TIMESTAMP', kind: 'EVENT_TYPE', value: 'EVENT_VALUE' },
      ...{ recommendationId: 'RECOMMENDATION_ID', device: 'DEVICE', place: 'LOCATION' },
    },
    ignored: ['IMPRESSION'],
  },
  {
    name: 'personalize-items',
    summary:
      "AWS Personalize's items (ITEM_ID with CATEGORY_L1, PRICE, PRODUCT_DESCRIPTION, GENRES or CREATION_TIMESTAMP)",
    role: 'products',
    signature: ['ITEM_ID', 'CREATION_TIMESTAMP'],
    absent: ['USER_ID'],
    columns: {
      ...{
        productId: 'ITEM_ID',
        title: ['PRODUCT_NAME', 'TITLE', 'NAME'],
        description: 'PRODUCT_DESCRIPTION',
        price: 'PRICE',
      },
      ...{ category: ['CATEGORY_L1', 'GENRES'], brand: 'BRAND', currency: 'CURRENCY' },
    },
    keepsRest: true,
    ignored: ['CREATION_TIMESTAMP'],
  },
  {
    name: 'google-retail-events',
    summary: 'Google Retail user events (eventType, visitorId, productDetails)',
    role: 'events',
    signature: ['eventType', 'visitorId', 'eventTime'],
    columns: {
      ...{
        kind: 'eventType',
        visitorId: 'visitorId',
        userId: 'userInfo.userId',
        time: 'eventTime',
        text: 'searchQuery',
      },
      ...{
        productId: 'productDetails[].product.id',
        quantity: 'productDetails[].quantity',
        title: 'productDetails[].product.title',
      },
      ...{
        price: 'productDetails[].product.priceInfo.price',
        orderId: 'purchaseTransaction.id',
        sessionId: 'sessionId',
      },
      ...{ currency: 'purchaseTransaction.currencyCode', referrer: 'referrerUri' },
    },
    eventNames: { search: 'search', 'add-to-cart': 'add_to_cart', 'category-page-view': 'ignore' },
  },
  {
    name: 'google-retail-products',
    summary: 'Google Retail products (id, title, priceInfo, categories, availability)',
    role: 'products',
    signature: ['id', 'title', 'priceInfo'],
    columns: {
      ...{ productId: ['primaryProductId', 'id'], variantId: 'id', title: 'title', description: 'description' },
      ...{
        category: 'categories',
        brand: 'brands',
        image: 'images',
        tags: 'tags',
        language: 'languageCode',
        gtin: 'gtin',
      },
      ...{ price: 'priceInfo.price', listPrice: 'priceInfo.originalPrice', currency: 'priceInfo.currencyCode' },
      stock: ['availableQuantity', 'availability'],
    },
    levels: />/,
  },
  {
    name: 'algolia-insights',
    summary: 'Algolia Insights events (eventType, eventName, userToken, objectIDs)',
    role: 'events',
    signature: ['eventType', 'eventName', 'userToken', 'objectIDs'],
    columns: {
      ...{ kind: ['eventSubtype', 'eventType'], visitorId: 'userToken', userId: 'authenticatedUserToken' },
      ...{ time: 'timestamp', productId: 'objectIDs[]', recommendationId: 'queryID', currency: 'currency' },
    },
    ignored: ['eventName', 'index', 'positions', 'objectData', 'filters'],
  },
];
