/**
 * Public sets of films, books, games, music and places, in the files as they are published.
 *
 * @source Harper & Konstan, The MovieLens Datasets, TiiS 2015; McAuley et al., Amazon reviews 2014, 2018; Hou et al.,
 * Amazon Reviews 2023; Kang & McAuley, Steam; Bennett & Lanning, The Netflix Prize; Celma, Last.fm; Cantador et al.,
 * HetRec 2011; Yelp Open Dataset
 */
import type { Layout } from '../layout.ts';

const id = /^\d+$/;
const unix = /^\d{9,10}$/;
const stars = /^[0-5](?:\.\d)?$/;
const isoTime = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;

/** Ratings of films: what is rated was seen, and is not sought again. */
const movieLens: readonly Layout[] = [
  {
    name: 'movielens-ratings',
    summary: 'MovieLens ratings (ratings.csv; ratings.dat and u.data without a header)',
    role: 'events',
    event: 'rate',
    signature: ['userId', 'movieId', 'rating', 'timestamp'],
    headerless: { names: ['userId', 'movieId', 'rating', 'timestamp'], cells: [id, id, stars, unix] },
    columns: { userId: 'userId', productId: 'movieId', value: 'rating', time: 'timestamp' },
  },
  {
    name: 'movielens-movies',
    summary: 'MovieLens films (movies.csv; movies.dat without a header)',
    role: 'products',
    signature: ['movieId', 'title', 'genres'],
    headerless: {
      names: ['movieId', 'title', 'genres'],
      cells: [id, /\(\d{4}(?:[-–]\d{4})?\)\s*$/, /^[A-Z(][\w' |()-]*$/i],
    },
    columns: { productId: 'movieId', title: 'title', category: 'genres' },
    levels: />/,
  },
  {
    name: 'movielens-tags',
    summary: 'MovieLens tags (tags.csv)',
    role: 'events',
    event: 'feedback',
    signature: ['userId', 'movieId', 'tag', 'timestamp'],
    columns: { userId: 'userId', productId: 'movieId', text: 'tag', time: 'timestamp' },
  },
  {
    name: 'movielens-links',
    summary: 'MovieLens links (links.csv)',
    role: 'products',
    signature: ['movieId', 'imdbId', 'tmdbId'],
    columns: { productId: 'movieId' },
    attributes: { imdb: 'imdbId', tmdb: 'tmdbId' },
  },
  {
    name: 'movielens-users',
    summary: 'MovieLens people (users.dat without a header)',
    role: 'people',
    signature: ['userId', 'gender', 'age', 'occupation', 'zip'],
    headerless: {
      always: true,
      names: ['userId', 'gender', 'age', 'occupation', 'zip'],
      cells: [id, /^[MF]$/, /^\d{1,2}$/, /^\d{1,2}$/, /^[\dA-Z-]+$/],
    },
    columns: { userId: 'userId' },
    attributes: { gender: 'gender', age: 'age', occupation: 'occupation' },
  },
];

const amazonReviews: readonly Layout[] = [
  {
    name: 'amazon-reviews-2018',
    summary: 'Amazon reviews 2014 and 2018 (reviewerID, asin, overall, unixReviewTime)',
    role: 'events',
    event: 'rate',
    signature: ['reviewerID', 'asin', 'overall'],
    columns: {
      ...{ userId: 'reviewerID', productId: 'asin', value: 'overall', time: ['unixReviewTime'], text: 'reviewText' },
    },
    ignored: ['reviewTime', 'reviewerName', 'helpful', 'vote', 'verified', 'summary', 'style', 'image'],
  },
  {
    name: 'amazon-meta-2018',
    summary: 'Amazon products 2014 and 2018 (asin with title, price, categories or category)',
    role: 'products',
    signature: ['asin', 'title'],
    absent: ['reviewerID', 'user_id', 'rating', 'overall'],
    columns: {
      ...{ productId: 'asin', title: 'title', description: 'description', price: 'price', brand: 'brand' },
      ...{ category: ['categories', 'category'], image: ['imUrl', 'imageURLHighRes', 'image', 'imageURL'] },
    },
    listIsPath: true,
    levels: /(?!)/,
    currency: 'USD',
    ignored: ['related', 'salesRank', 'rank', 'also_buy', 'also_view', 'similar_item', 'tech1', 'tech2', 'fit', 'date'],
  },
  {
    name: 'amazon-reviews-2023',
    summary: 'Amazon reviews 2023 (user_id, parent_asin, rating, timestamp)',
    role: 'events',
    event: 'rate',
    signature: ['user_id', 'parent_asin', 'rating', 'timestamp'],
    columns: {
      ...{
        userId: 'user_id',
        productId: 'parent_asin',
        variantId: 'asin',
        value: 'rating',
        time: 'timestamp',
        text: 'text',
      },
    },
    ignored: ['title', 'images', 'helpful_vote', 'verified_purchase', 'history'],
  },
  {
    name: 'amazon-meta-2023',
    summary: 'Amazon products 2023 (parent_asin, main_category, title, price, categories)',
    role: 'products',
    signature: ['parent_asin', 'title', 'main_category'],
    columns: {
      ...{ productId: 'parent_asin', title: 'title', description: 'description', price: 'price', brand: 'store' },
      ...{ category: ['categories', 'main_category'], image: 'images', gtin: 'details.UPC' },
    },
    attributes: { main_category: 'main_category' },
    listIsPath: true,
    levels: /(?!)/,
    currency: 'USD',
    ignored: ['average_rating', 'rating_number', 'features', 'videos', 'bought_together', 'details'],
  },
];

const games: readonly Layout[] = [
  {
    name: 'steam-200k',
    summary: 'steam-200k.csv: user, game, purchase or play, hours, without a header and without times',
    role: 'events',
    signature: ['user', 'game', 'behavior', 'hours', 'zero'],
    headerless: {
      always: true,
      names: ['user', 'game', 'behavior', 'hours', 'zero'],
      cells: [id, /./, /^(?:purchase|play)$/, /^[\d.]+$/, /^0$/],
    },
    columns: { userId: 'user', productId: 'game', title: 'game', kind: 'behavior' },
    eventNames: { purchase: 'purchase', play: 'view_item' },
    timeless: true,
    ignored: ['hours', 'zero'],
  },
  {
    name: 'steam-user-items',
    summary: "Steam's australian_users_items.json: the games that people own, without times",
    role: 'events',
    event: 'purchase',
    signature: ['user_id', 'items_count', 'items'],
    columns: { userId: 'user_id', productId: 'items[].item_id', title: 'items[].item_name' },
    timeless: true,
    ignored: ['items_count', 'steam_id', 'user_url'],
  },
  {
    name: 'steam-reviews',
    summary: "Steam's steam_reviews.json (username, product_id, date, hours, text)",
    role: 'events',
    event: 'review',
    signature: ['username', 'product_id', 'date', 'hours', 'text'],
    columns: { userId: ['user_id', 'username'], productId: 'product_id', time: 'date', text: 'text' },
    ignored: ['hours', 'products', 'page', 'page_order', 'early_access', 'found_funny', 'compensation'],
  },
  {
    name: 'steam-games',
    summary: "Steam's steam_games.json (app_name, genres, tags, price, id)",
    role: 'products',
    signature: ['app_name', 'id', 'genres', 'price'],
    columns: {
      ...{ productId: 'id', title: ['title', 'app_name'], category: 'genres', tags: 'tags', price: 'price' },
      ...{ brand: ['developer', 'publisher'], salePrice: 'discount_price' },
    },
    currency: 'USD',
    levels: />/,
    ignored: ['url', 'reviews_url', 'specs', 'early_access', 'sentiment', 'metascore', 'release_date', 'publisher'],
  },
];

const others: readonly Layout[] = [
  {
    name: 'netflix-prize',
    summary: "The Netflix Prize's combined_data: a line for the film above its ratings",
    role: 'events',
    event: 'rate',
    signature: ['movie', 'user', 'rating', 'date'],
    headerless: {
      always: true,
      names: ['movie', 'user', 'rating', 'date'],
      cells: [id, id, /^[1-5]$/, /^\d{4}-\d{2}-\d{2}$/],
      heading: /^(\d+):$/,
    },
    columns: { productId: 'movie', userId: 'user', value: 'rating', time: 'date' },
  },
  {
    name: 'netflix-titles',
    summary: "The Netflix Prize's movie_titles.csv, without a header",
    role: 'products',
    signature: ['movie', 'year', 'title'],
    headerless: { always: true, names: ['movie', 'year', 'title'], cells: [id, /^(?:\d{4}|NULL)$/, /\D/] },
    columns: { productId: 'movie', title: 'title' },
    attributes: { year: 'year' },
  },
  {
    name: 'lastfm-360k',
    summary: "Last.fm 360K: person, artist's id, artist, plays, without a header and without times",
    role: 'events',
    event: 'view_item',
    signature: ['user', 'artistId', 'artist', 'plays'],
    headerless: {
      always: true,
      names: ['user', 'artistId', 'artist', 'plays'],
      cells: [/^[0-9a-f]{40}$/, /^[0-9a-f-]{0,36}$/, /./, id],
    },
    columns: { userId: 'user', productId: ['artistId', 'artist'], title: 'artist', value: 'plays' },
    timeless: true,
  },
  {
    name: 'lastfm-1k',
    summary: 'Last.fm 1K: person, time, artist and track, without a header',
    role: 'events',
    event: 'view_item',
    signature: ['user', 'time', 'artistId', 'artist', 'trackId', 'track'],
    headerless: {
      always: true,
      names: ['user', 'time', 'artistId', 'artist', 'trackId', 'track'],
      cells: [/^user_\d+$/, isoTime, /^[0-9a-f-]{0,36}$/, /./, /^[0-9a-f-]{0,36}$/, /./],
    },
    columns: { userId: 'user', time: 'time', productId: ['trackId', 'track'], title: 'track', brand: 'artist' },
    ignored: ['artistId'],
  },
  {
    name: 'lastfm-hetrec',
    summary: 'Last.fm of HetRec 2011, user_artists.dat (userID, artistID, weight), without times',
    role: 'events',
    event: 'view_item',
    signature: ['userID', 'artistID', 'weight'],
    columns: { userId: 'userID', productId: 'artistID', value: 'weight' },
    timeless: true,
  },
  {
    name: 'lastfm-hetrec-artists',
    summary: 'Last.fm of HetRec 2011, artists.dat (id, name, url, pictureURL)',
    role: 'products',
    signature: ['id', 'name', 'url', 'pictureURL'],
    columns: { productId: 'id', title: 'name', image: 'pictureURL' },
    ignored: ['url'],
  },
  {
    name: 'yelp-reviews',
    summary: "Yelp's reviews (review_id, user_id, business_id, stars, date)",
    role: 'events',
    event: 'rate',
    signature: ['review_id', 'user_id', 'business_id', 'stars', 'date'],
    columns: {
      ...{
        eventId: 'review_id',
        userId: 'user_id',
        productId: 'business_id',
        value: 'stars',
        time: 'date',
        text: 'text',
      },
    },
    ignored: ['useful', 'funny', 'cool'],
  },
  {
    name: 'yelp-businesses',
    summary: "Yelp's businesses (business_id, name, stars, categories)",
    role: 'products',
    signature: ['business_id', 'name', 'categories', 'is_open'],
    columns: { productId: 'business_id', title: 'name', category: 'categories', shown: 'is_open' },
    separators: { category: ',' },
    levels: />/,
    attributes: { city: 'city', state: 'state', stars: 'stars' },
    ignored: ['address', 'postal_code', 'latitude', 'longitude', 'review_count', 'hours', 'attributes'],
  },
  {
    name: 'yelp-users',
    summary: "Yelp's people (user_id, yelping_since, review_count)",
    role: 'people',
    signature: ['user_id', 'yelping_since', 'review_count'],
    columns: { userId: 'user_id' },
    attributes: { since: 'yelping_since' },
  },
  {
    name: 'yelp-tips',
    summary: "Yelp's tips (user_id, business_id, text, compliment_count)",
    role: 'events',
    event: 'feedback',
    signature: ['user_id', 'business_id', 'text', 'compliment_count'],
    columns: { userId: 'user_id', productId: 'business_id', text: 'text', time: 'date' },
    ignored: ['compliment_count'],
  },
];

export const publicRatings: readonly Layout[] = [...movieLens, ...amazonReviews, ...games, ...others];
