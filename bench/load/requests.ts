// What both loads ask the shop for.

export const PRODUCT_PATH = '/products/compass'
export const ORDER_PATH = '/orders'
export const ORDER = JSON.stringify({ customer: 'Ada', items: [{ product_id: 'compass', quantity: 2 }] })
