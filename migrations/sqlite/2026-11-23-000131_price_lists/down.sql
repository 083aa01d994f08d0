DROP TABLE company_assortments;
DROP TABLE price_list_imports;
DROP TABLE price_list_terms;
DROP TABLE price_list_prices;
DROP TABLE price_list_buyers;
DROP TABLE price_lists;
