//! Tables this room owns (catalogue, pictures, stock, cart, order, money, logins). Private: nobody else can write SQL against them.

diesel::table! {
    pictures (hash) {
        hash -> Text,
        width -> BigInt,
        height -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    picture_sizes (hash, width) {
        hash -> Text,
        width -> BigInt,
        bytes -> Binary,
    }
}

diesel::table! {
    idempotency_keys (scope, idempotency_key) {
        scope -> Text,
        idempotency_key -> Text,
        request_hash -> Text,
        status -> Nullable<BigInt>,
        response -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    label_translations (language, source) {
        language -> Text,
        source -> Text,
        text -> Text,
    }
}

diesel::table! {
    categories (id) {
        id -> BigInt,
        parent_id -> Nullable<BigInt>,
        slug -> Text,
        name -> Text,
        description -> Text,
        picture_hash -> Nullable<Text>,
        position -> BigInt,
        seo_title -> Text,
        seo_description -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    category_texts (category_id, language) {
        category_id -> BigInt,
        language -> Text,
        name -> Text,
        description -> Text,
        seo_title -> Text,
        seo_description -> Text,
    }
}

diesel::table! {
    products (id) {
        id -> BigInt,
        slug -> Text,
        status -> Text,
        title -> Text,
        description_html -> Text,
        brand -> Text,
        product_type -> Text,
        tags -> Text,
        option_names -> Text,
        seo_title -> Text,
        seo_description -> Text,
        import_hash -> Text,
        published_at -> Timestamp,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        publish_from -> Nullable<Timestamp>,
        publish_until -> Nullable<Timestamp>,
        listed -> Bool,
        gift_card -> Bool,
    }
}

diesel::table! {
    product_tags (tag, product_id) {
        product_id -> BigInt,
        tag -> Text,
    }
}

diesel::table! {
    redirects (id) {
        id -> BigInt,
        path -> Text,
        target -> Text,
        product_id -> Nullable<BigInt>,
        category_id -> Nullable<BigInt>,
        collection_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    collections (id) {
        id -> BigInt,
        slug -> Text,
        name -> Text,
        description -> Text,
        active -> Bool,
        rule -> Nullable<Text>,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    collection_texts (collection_id, language) {
        collection_id -> BigInt,
        language -> Text,
        name -> Text,
        description -> Text,
    }
}

diesel::table! {
    collection_products (collection_id, product_id) {
        collection_id -> BigInt,
        product_id -> BigInt,
        position -> BigInt,
    }
}

diesel::table! {
    price_changes (id) {
        id -> BigInt,
        variant_id -> BigInt,
        currency -> Text,
        old_amount -> Nullable<BigInt>,
        new_amount -> Nullable<BigInt>,
        old_compare_at -> Nullable<BigInt>,
        new_compare_at -> Nullable<BigInt>,
        reduced -> Bool,
        actor -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    batches (id) {
        id -> BigInt,
        kind -> Text,
        name -> Text,
        state -> Text,
        staff -> Text,
        currency -> Text,
        total -> BigInt,
        variants -> BigInt,
        finished -> BigInt,
        created -> BigInt,
        changed -> BigInt,
        unchanged -> BigInt,
        skipped -> BigInt,
        created_at -> Timestamp,
        started_at -> Nullable<Timestamp>,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    batch_categories (batch_id, category_id) {
        batch_id -> BigInt,
        category_id -> BigInt,
    }
}

diesel::table! {
    batch_rows (batch_id, position) {
        batch_id -> BigInt,
        position -> BigInt,
        product_id -> Nullable<BigInt>,
        label -> Text,
        line -> BigInt,
        seen -> Nullable<Timestamp>,
        wanted -> Text,
        before -> Text,
        after -> Text,
        state -> Text,
        note -> Text,
    }
}

diesel::table! {
    product_texts (product_id, language) {
        product_id -> BigInt,
        language -> Text,
        title -> Text,
        description_html -> Text,
        seo_title -> Text,
        seo_description -> Text,
    }
}

diesel::table! {
    product_categories (product_id, category_id) {
        product_id -> BigInt,
        category_id -> BigInt,
    }
}

diesel::table! {
    product_attributes (product_id, position) {
        product_id -> BigInt,
        position -> BigInt,
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    product_pictures (id) {
        id -> BigInt,
        product_id -> BigInt,
        position -> BigInt,
        source -> Text,
        alt -> Text,
        picture_hash -> Nullable<Text>,
        error -> Nullable<Text>,
    }
}

diesel::table! {
    variants (id) {
        id -> BigInt,
        product_id -> BigInt,
        position -> BigInt,
        sku -> Nullable<Text>,
        barcode -> Text,
        option_values -> Text,
        picture_source -> Text,
        weight_grams -> BigInt,
        requires_shipping -> Bool,
        taxable -> Bool,
        tax_class -> Text,
        active -> Bool,
        unit -> Text,
        unit_precision -> BigInt,
    }
}

diesel::table! {
    prices (variant_id, currency) {
        variant_id -> BigInt,
        currency -> Text,
        amount -> BigInt,
        compare_at -> Nullable<BigInt>,
        cost -> Nullable<BigInt>,
    }
}

diesel::table! {
    stock_levels (variant_id) {
        variant_id -> BigInt,
        tracked -> Bool,
        oversell -> Bool,
        on_hand -> BigInt,
        allocated -> BigInt,
        held -> BigInt,
        low_at -> Nullable<BigInt>,
        expected_on -> Nullable<Timestamp>,
    }
}

diesel::table! {
    locations (id) {
        id -> BigInt,
        name -> Text,
        position -> BigInt,
        active -> Bool,
        address -> Text,
        hours -> Text,
    }
}

diesel::table! {
    location_levels (variant_id, location_id) {
        location_id -> BigInt,
        variant_id -> BigInt,
        on_hand -> BigInt,
    }
}

diesel::table! {
    stock_requests (id) {
        id -> BigInt,
        variant_id -> BigInt,
        email -> Text,
        email_key -> Text,
        language -> Text,
        created_at -> Timestamp,
        told_at -> Nullable<Timestamp>,
        store_id -> BigInt,
    }
}

diesel::table! {
    stock_movements (id) {
        id -> BigInt,
        variant_id -> BigInt,
        kind -> Text,
        on_hand -> BigInt,
        allocated -> BigInt,
        held -> BigInt,
        dedupe_key -> Text,
        order_id -> Nullable<BigInt>,
        reason -> Text,
        actor -> Text,
        created_at -> Timestamp,
        location_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    tax_rates (id) {
        id -> BigInt,
        country -> Text,
        tax_class -> Text,
        name -> Text,
        rate_ppm -> BigInt,
        region -> Text,
        postal_codes -> Text,
        level -> BigInt,
        compound -> Bool,
    }
}

diesel::table! {
    shipping_rates (id) {
        id -> BigInt,
        name -> Text,
        countries -> Text,
        currency -> Text,
        price -> BigInt,
        free_over -> Nullable<BigInt>,
        min_weight -> Nullable<BigInt>,
        max_weight -> Nullable<BigInt>,
        delivery_days -> Text,
        position -> BigInt,
        active -> Bool,
        kind -> Text,
        bands -> Text,
        percent_bp -> BigInt,
        location_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    promotions (id) {
        id -> BigInt,
        name -> Text,
        state -> Text,
        needs_code -> Bool,
        stacking -> BigInt,
        exclusive -> Bool,
        currency -> Text,
        starts_at -> Nullable<Timestamp>,
        ends_at -> Nullable<Timestamp>,
        max_uses -> Nullable<BigInt>,
        max_uses_per_customer -> Nullable<BigInt>,
        uses -> BigInt,
        rules -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    promotion_terms (id) {
        id -> BigInt,
        promotion_id -> BigInt,
        stacking -> BigInt,
        exclusive -> Bool,
        starts_at -> Nullable<Timestamp>,
        ends_at -> Nullable<Timestamp>,
        rules -> Text,
        valid_from -> Timestamp,
        valid_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    promotion_codes (id) {
        id -> BigInt,
        promotion_id -> BigInt,
        code -> Text,
        once -> Bool,
        uses -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    promotion_balances (promotion_id, customer_id) {
        promotion_id -> BigInt,
        customer_id -> BigInt,
        uses -> BigInt,
    }
}

diesel::table! {
    promotion_movements (id) {
        id -> BigInt,
        promotion_id -> BigInt,
        code_id -> Nullable<BigInt>,
        customer_id -> BigInt,
        order_id -> BigInt,
        uses -> BigInt,
        created_at -> Timestamp,
        amount -> BigInt,
    }
}

diesel::table! {
    search_changes (id) {
        id -> BigInt,
        product_id -> BigInt,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    offers (promotion_id) {
        promotion_id -> BigInt,
        why -> Text,
        choice -> Text,
        control_bp -> BigInt,
        margin_floor_bp -> Nullable<BigInt>,
        budget -> Nullable<BigInt>,
        spent -> BigInt,
        stands_days -> Nullable<BigInt>,
        returned -> Bool,
        results -> Nullable<Text>,
    }
}

diesel::table! {
    offer_decisions (promotion_id, customer_id) {
        promotion_id -> BigInt,
        customer_id -> BigInt,
        arm -> Text,
        product_id -> Nullable<BigInt>,
        reason -> Text,
        decided_at -> Timestamp,
        ends_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    wish_list_items (id) {
        id -> BigInt,
        customer_id -> BigInt,
        product_id -> BigInt,
        added_at -> Timestamp,
    }
}

diesel::table! {
    requisition_lists (id) {
        id -> BigInt,
        customer_id -> Nullable<BigInt>,
        company_id -> Nullable<BigInt>,
        name -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        removed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    requisition_lines (list_id, variant_id) {
        list_id -> BigInt,
        variant_id -> BigInt,
        quantity -> BigInt,
        position -> BigInt,
    }
}

diesel::table! {
    carts (id) {
        id -> BigInt,
        token_hash -> Nullable<Text>,
        customer_id -> Nullable<BigInt>,
        state -> Text,
        version -> BigInt,
        currency -> Text,
        language -> Text,
        email -> Text,
        shipping_address -> Nullable<Text>,
        billing_address -> Nullable<Text>,
        country -> Text,
        shipping_rate_id -> Nullable<BigInt>,
        payment_method -> Text,
        coupon_code -> Text,
        note -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        seen_promotions -> Text,
        gift_cards -> Text,
        use_store_credit -> Bool,
        store_id -> BigInt,
        member_id -> Nullable<BigInt>,
        quote_version_id -> Nullable<BigInt>,
        punchout_id -> Nullable<BigInt>,
        by_program -> Bool,
    }
}

diesel::table! {
    cart_lines (id) {
        id -> BigInt,
        cart_id -> BigInt,
        variant_id -> BigInt,
        quantity -> BigInt,
        seen_price -> BigInt,
    }
}

diesel::table! {
    cart_consents (id) {
        id -> BigInt,
        cart_id -> BigInt,
        ticket_id -> BigInt,
        state -> Text,
        asked_by -> Text,
        asked_at -> Timestamp,
        ends_at -> Timestamp,
        answered_at -> Nullable<Timestamp>,
        changes -> BigInt,
    }
}

diesel::table! {
    cart_changes (id) {
        id -> BigInt,
        consent_id -> BigInt,
        variant_id -> Nullable<BigInt>,
        title -> Text,
        code -> Text,
        units_before -> BigInt,
        units_after -> BigInt,
        actor -> Text,
        changed_at -> Timestamp,
        undone_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    orders (id) {
        id -> BigInt,
        number -> Text,
        cart_id -> Nullable<BigInt>,
        customer_id -> BigInt,
        email -> Text,
        language -> Text,
        currency -> Text,
        status -> Text,
        payment_status -> Text,
        fulfilment_status -> Text,
        subtotal -> BigInt,
        discount -> BigInt,
        shipping -> BigInt,
        shipping_tax -> BigInt,
        tax -> BigInt,
        total -> BigInt,
        prices_include_tax -> Bool,
        billing_address -> Text,
        shipping_address -> Text,
        shipping_method -> Text,
        payment_method -> Text,
        coupon_code -> Text,
        note -> Text,
        source -> Text,
        payment_due_at -> Nullable<Timestamp>,
        placed_at -> Timestamp,
        updated_at -> Timestamp,
        country -> Text,
        taxation -> Text,
        pickup_location_id -> Nullable<BigInt>,
        store_id -> BigInt,
    }
}

diesel::table! {
    order_terms (term, order_id) {
        term -> Text,
        order_id -> BigInt,
    }
}

diesel::table! {
    company_accounts (company_id) {
        company_id -> BigInt,
        currency -> Text,
        credit_limit -> BigInt,
        exposure -> BigInt,
        net_days -> BigInt,
        state -> Text,
        version -> BigInt,
        updated_at -> Timestamp,
        deposit_bp -> BigInt,
        deposit_days -> BigInt,
    }
}

diesel::table! {
    receivables (order_id) {
        order_id -> BigInt,
        company_id -> BigInt,
        open -> BigInt,
        settled -> BigInt,
        invoice -> Text,
        due_on -> Text,
        paused -> Bool,
        dunning_level -> BigInt,
        dunned_at -> Nullable<Timestamp>,
        deposit_bp -> BigInt,
        deposit -> BigInt,
        deposit_open -> BigInt,
        deposit_due_on -> Text,
        deposit_released -> Text,
        fees -> BigInt,
    }
}

diesel::table! {
    company_account_entries (id) {
        id -> BigInt,
        company_id -> BigInt,
        order_id -> BigInt,
        payment_id -> Nullable<BigInt>,
        kind -> Text,
        amount -> BigInt,
        reference -> Text,
        note -> Text,
        actor -> Text,
        dedupe_key -> Text,
        booked_on -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    dunning_levels (level) {
        level -> BigInt,
        days_after -> BigInt,
        active -> Bool,
        texts -> Text,
        fees -> Text,
    }
}

diesel::table! {
    document_series (name) {
        name -> Text,
        last -> BigInt,
    }
}

diesel::table! {
    documents (id) {
        id -> BigInt,
        kind -> Text,
        number -> BigInt,
        label -> Text,
        order_id -> BigInt,
        invoice_id -> Nullable<BigInt>,
        refund_id -> Nullable<BigInt>,
        currency -> Text,
        tax -> BigInt,
        total -> BigInt,
        content -> Text,
        issued_at -> Timestamp,
        edition -> BigInt,
    }
}

diesel::table! {
    order_lines (id) {
        id -> BigInt,
        order_id -> BigInt,
        position -> BigInt,
        variant_id -> Nullable<BigInt>,
        sku -> Text,
        title -> Text,
        options -> Text,
        slug -> Text,
        picture_hash -> Nullable<Text>,
        quantity -> BigInt,
        unit_price -> BigInt,
        cost -> Nullable<BigInt>,
        subtotal -> BigInt,
        discount -> BigInt,
        tax -> BigInt,
        total -> BigInt,
        tax_rate_bp -> BigInt,
        tax_reason -> Text,
        weight_grams -> BigInt,
        requires_shipping -> Bool,
        stocked -> Bool,
        trace -> Text,
        shipped -> BigInt,
        cancelled -> BigInt,
        refunded -> BigInt,
        taxes -> Text,
        gift_card -> Bool,
        issued -> BigInt,
        unit -> Text,
        unit_precision -> BigInt,
    }
}

diesel::table! {
    adjustments (id) {
        id -> BigInt,
        order_id -> BigInt,
        order_line_id -> Nullable<BigInt>,
        source -> Text,
        label -> Text,
        amount -> BigInt,
    }
}

diesel::table! {
    order_edits (id) {
        id -> BigInt,
        order_id -> BigInt,
        total_before -> BigInt,
        total_after -> BigInt,
        tax_before -> BigInt,
        tax_after -> BigInt,
        due -> BigInt,
        given_back -> BigInt,
        changes -> Text,
        reason -> Text,
        actor -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    order_history (id) {
        id -> BigInt,
        order_id -> BigInt,
        kind -> Text,
        detail -> Text,
        actor -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    payments (id) {
        id -> BigInt,
        key -> Text,
        order_id -> BigInt,
        provider -> Text,
        provider_reference -> Nullable<Text>,
        redirect -> Nullable<Text>,
        state -> Text,
        currency -> Text,
        amount -> BigInt,
        authorised -> BigInt,
        captured -> BigInt,
        refunded -> BigInt,
        reason -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        taken -> BigInt,
    }
}

diesel::table! {
    captures (id) {
        id -> BigInt,
        key -> Text,
        payment_id -> BigInt,
        amount -> BigInt,
        state -> Text,
        error -> Text,
        actor -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    refunds (id) {
        id -> BigInt,
        key -> Text,
        order_id -> BigInt,
        payment_id -> BigInt,
        amount -> BigInt,
        shipping -> BigInt,
        state -> Text,
        provider_reference -> Nullable<Text>,
        reason -> Text,
        error -> Text,
        actor -> Text,
        created_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
        wish -> Text,
        to_credit -> Bool,
        surplus -> Bool,
    }
}

diesel::table! {
    refund_lines (id) {
        id -> BigInt,
        refund_id -> BigInt,
        order_line_id -> BigInt,
        quantity -> BigInt,
        amount -> BigInt,
        tax -> BigInt,
        restocked -> Bool,
        reduction -> Bool,
    }
}

diesel::table! {
    webhook_events (provider, event_id) {
        provider -> Text,
        event_id -> Text,
        kind -> Text,
        reference -> Text,
        received_at -> Timestamp,
    }
}

diesel::table! {
    payment_cases (id) {
        id -> BigInt,
        payment_id -> BigInt,
        order_id -> BigInt,
        reason -> Text,
        amount -> BigInt,
        state -> Text,
        created_at -> Timestamp,
        resolved_at -> Nullable<Timestamp>,
        kind -> Text,
        subject_id -> BigInt,
        note -> Text,
        seen_by -> Text,
    }
}

diesel::table! {
    shipments (id) {
        id -> BigInt,
        key -> Text,
        order_id -> BigInt,
        carrier -> Text,
        tracking_number -> Text,
        tracking_url -> Text,
        actor -> Text,
        shipped_at -> Timestamp,
    }
}

diesel::table! {
    shipment_lines (shipment_id, order_line_id) {
        shipment_id -> BigInt,
        order_line_id -> BigInt,
        quantity -> BigInt,
    }
}

diesel::table! {
    logins (customer_id) {
        customer_id -> BigInt,
        password_hash -> Text,
        verified_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    sessions (token_hash) {
        token_hash -> Text,
        customer_id -> BigInt,
        user_agent -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        login_id -> Nullable<BigInt>,
        member_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    login_tokens (token_hash) {
        token_hash -> Text,
        purpose -> Text,
        customer_id -> BigInt,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    addresses (id) {
        id -> BigInt,
        customer_id -> BigInt,
        address -> Text,
        is_default -> Bool,
        created_at -> Timestamp,
    }
}

diesel::table! {
    content_pages (slug, language) {
        slug -> Text,
        language -> Text,
        title -> Text,
        body_html -> Text,
        position -> BigInt,
    }
}

diesel::table! {
    stores (id) {
        id -> BigInt,
        name -> Text,
        domain -> Text,
        currency -> Text,
        languages -> Text,
        collection_id -> Nullable<BigInt>,
        country -> Text,
        announcement -> Text,
        home -> Text,
        open -> Bool,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        prices_for -> Text,
    }
}

diesel::table! {
    menus (store_id, place) {
        store_id -> BigInt,
        place -> Text,
        content -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    themes (store_id, id) {
        store_id -> BigInt,
        id -> BigInt,
        content -> Text,
        published_by -> Text,
        published_at -> Timestamp,
    }
}

diesel::table! {
    api_keys (id) {
        id -> BigInt,
        name -> Text,
        key_hash -> Text,
        scopes -> Text,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    gift_cards (id) {
        id -> BigInt,
        code_hash -> Text,
        last_four -> Text,
        issue_key -> Text,
        currency -> Text,
        initial -> BigInt,
        balance -> BigInt,
        state -> Text,
        expires_at -> Nullable<Timestamp>,
        recipient_name -> Text,
        recipient_email -> Text,
        language -> Text,
        message -> Text,
        note -> Text,
        created_at -> Timestamp,
        order_line_id -> Nullable<BigInt>,
        withdrawn_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    gift_card_entries (id) {
        id -> BigInt,
        gift_card_id -> BigInt,
        kind -> Text,
        amount -> BigInt,
        dedupe_key -> Text,
        payment_id -> Nullable<BigInt>,
        refund_id -> Nullable<BigInt>,
        reason -> Text,
        actor -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    store_credit_balances (id) {
        id -> BigInt,
        customer_id -> BigInt,
        currency -> Text,
        balance -> BigInt,
    }
}

diesel::table! {
    store_credit_entries (id) {
        id -> BigInt,
        customer_id -> BigInt,
        currency -> Text,
        kind -> Text,
        amount -> BigInt,
        dedupe_key -> Text,
        payment_id -> Nullable<BigInt>,
        refund_id -> Nullable<BigInt>,
        reason -> Text,
        actor -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    returns (id) {
        id -> BigInt,
        number -> Text,
        order_id -> BigInt,
        request_key -> Text,
        status -> Text,
        comment -> Text,
        message -> Text,
        outcome -> Nullable<Text>,
        refund_id -> Nullable<BigInt>,
        requested_at -> Timestamp,
        approved_at -> Nullable<Timestamp>,
        declined_at -> Nullable<Timestamp>,
        withdrawn_at -> Nullable<Timestamp>,
        received_at -> Nullable<Timestamp>,
        inspected_at -> Nullable<Timestamp>,
        closed_at -> Nullable<Timestamp>,
        exchange -> Bool,
    }
}

diesel::table! {
    exchanges (return_id) {
        return_id -> BigInt,
        order_id -> BigInt,
        refund_id -> BigInt,
        amount -> BigInt,
        actor -> Text,
        created_at -> Timestamp,
        undone_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    return_lines (id) {
        id -> BigInt,
        return_id -> BigInt,
        order_line_id -> BigInt,
        quantity -> BigInt,
        reason -> Text,
        accepted -> BigInt,
        location_id -> Nullable<BigInt>,
        refunded -> BigInt,
        instead_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    return_labels (return_id) {
        return_id -> BigInt,
        content_type -> Text,
        bytes -> Binary,
        actor -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    examinations (id) {
        id -> BigInt,
        asked_by -> Text,
        asked_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        findings -> Text,
    }
}

diesel::table! {
    webhook_endpoints (id) {
        id -> BigInt,
        url -> Text,
        kinds -> Text,
        secret -> Text,
        old_secret -> Nullable<Text>,
        old_until -> Nullable<Timestamp>,
        active -> Bool,
        failures -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    webhook_messages (id) {
        id -> BigInt,
        endpoint_id -> BigInt,
        key -> Text,
        kind -> Text,
        payload -> Text,
        state -> Text,
        attempts -> BigInt,
        next_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    webhook_attempts (id) {
        id -> BigInt,
        message_id -> BigInt,
        status -> Nullable<BigInt>,
        error -> Text,
        millis -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    attributes (id) {
        id -> BigInt,
        code -> Text,
        name -> Text,
        kind -> Text,
        unit -> Text,
        several -> Bool,
        facet -> Bool,
        shown -> Bool,
        position -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    attribute_choices (attribute_id, position) {
        attribute_id -> BigInt,
        position -> BigInt,
        name -> Text,
        swatch -> Text,
    }
}

diesel::table! {
    attribute_categories (attribute_id, category_id) {
        attribute_id -> BigInt,
        category_id -> BigInt,
    }
}

diesel::table! {
    articles (id) {
        id -> BigInt,
        slug -> Text,
        position -> BigInt,
        published -> Bool,
        helpful -> BigInt,
        unhelpful -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        ticket_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    article_texts (id) {
        id -> BigInt,
        article_id -> BigInt,
        language -> Text,
        version -> BigInt,
        current -> Bool,
        topic -> Text,
        title -> Text,
        body_html -> Text,
        written_by -> Text,
        written_at -> Timestamp,
    }
}

diesel::table! {
    article_votes (id) {
        id -> BigInt,
        article_id -> BigInt,
        voter -> Text,
        helpful -> Bool,
        voted_at -> Timestamp,
    }
}

diesel::table! {
    ticket_proposals (id) {
        id -> BigInt,
        ticket_id -> BigInt,
        order_id -> Nullable<BigInt>,
        order_seen -> Nullable<BigInt>,
        deed -> Text,
        amount -> BigInt,
        currency -> Text,
        proposed_by -> Text,
        created_at -> Timestamp,
        state -> Text,
        decided_by -> Text,
        decided_at -> Nullable<Timestamp>,
        solve -> Bool,
    }
}

diesel::table! {
    disputed_funds (id) {
        id -> BigInt,
        dispute_id -> BigInt,
        payment_id -> Nullable<BigInt>,
        kind -> Text,
        amount -> BigInt,
        currency -> Text,
        reference -> Text,
        booked_at -> Timestamp,
    }
}

diesel::table! {
    dispute_proposals (id) {
        id -> BigInt,
        dispute_id -> BigInt,
        decision -> Text,
        amount -> BigInt,
        currency -> Text,
        proposed_by -> Text,
        created_at -> Timestamp,
        state -> Text,
        decided_by -> Text,
        decided_at -> Nullable<Timestamp>,
        why -> Text,
    }
}

diesel::table! {
    article_trials (id) {
        id -> BigInt,
        browser -> Nullable<Text>,
        control -> Bool,
        shown_at -> Timestamp,
        read_at -> Nullable<Timestamp>,
        asked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    given_alone (id) {
        id -> BigInt,
        customer_id -> BigInt,
        amount -> BigInt,
        currency -> Text,
        actor -> Text,
        given_at -> Timestamp,
    }
}

diesel::table! {
    campaign_templates (id) {
        id -> BigInt,
        name -> Text,
        content -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    review_requests (order_line_id) {
        order_line_id -> BigInt,
        order_id -> BigInt,
        due_at -> Timestamp,
        state -> Text,
        reason -> Text,
        settled_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    reviews (id) {
        id -> BigInt,
        product_id -> BigInt,
        order_id -> BigInt,
        order_line_id -> BigInt,
        stars -> BigInt,
        title -> Text,
        body -> Text,
        name -> Text,
        language -> Text,
        state -> Text,
        reason -> Text,
        answer -> Text,
        written_at -> Timestamp,
        changed_at -> Timestamp,
        decided_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    review_totals (product_id) {
        product_id -> BigInt,
        reviews -> BigInt,
        stars -> BigInt,
    }
}

diesel::table! {
    cart_trade (cart_id) {
        cart_id -> BigInt,
        site_id -> Nullable<BigInt>,
        po_number -> Text,
        cost_centre -> Text,
        requested_on -> Nullable<Text>,
    }
}

diesel::table! {
    order_trade (order_id) {
        order_id -> BigInt,
        company_id -> BigInt,
        member_id -> BigInt,
        site_id -> Nullable<BigInt>,
        po_number -> Text,
        cost_centre -> Text,
        requested_on -> Nullable<Text>,
    }
}

diesel::table! {
    price_lists (id) {
        id -> BigInt,
        name -> Text,
        currency -> Text,
        store_id -> Nullable<BigInt>,
        priority -> BigInt,
        state -> Text,
        starts_at -> Nullable<Timestamp>,
        ends_at -> Nullable<Timestamp>,
        adjust_bp -> Nullable<BigInt>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    price_list_buyers (id) {
        id -> BigInt,
        list_id -> BigInt,
        company_id -> Nullable<BigInt>,
        price_group -> Text,
    }
}

diesel::table! {
    price_list_prices (list_id, variant_id, min_quantity) {
        list_id -> BigInt,
        variant_id -> BigInt,
        min_quantity -> BigInt,
        unit_price -> BigInt,
    }
}

diesel::table! {
    price_list_terms (list_id, variant_id) {
        list_id -> BigInt,
        variant_id -> BigInt,
        minimum -> BigInt,
        increment -> BigInt,
    }
}

diesel::table! {
    price_list_imports (id) {
        id -> BigInt,
        list_id -> BigInt,
        name -> Text,
        actor -> Text,
        state -> Text,
        content -> Text,
        line_count -> BigInt,
        written -> BigInt,
        told -> Text,
        created_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    company_assortments (id) {
        id -> BigInt,
        company_id -> Nullable<BigInt>,
        price_group -> Text,
        collection_id -> BigInt,
    }
}

diesel::table! {
    approval_rules (id) {
        id -> BigInt,
        company_id -> BigInt,
        name -> Text,
        position -> BigInt,
        active -> Bool,
        condition -> Text,
        approvers -> Text,
        needed -> BigInt,
        deadline_hours -> Nullable<BigInt>,
        version -> BigInt,
    }
}

diesel::table! {
    approval_delegates (member_id) {
        member_id -> BigInt,
        to_member_id -> BigInt,
        starts_on -> Text,
        ends_on -> Text,
    }
}

diesel::table! {
    approvals (id) {
        id -> BigInt,
        company_id -> BigInt,
        cart_id -> BigInt,
        cart_version -> BigInt,
        total -> BigInt,
        due -> BigInt,
        currency -> Text,
        member_id -> BigInt,
        sites -> Text,
        cost_centre -> Text,
        state -> Text,
        requirements -> Text,
        note -> Text,
        reason -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        decided_at -> Nullable<Timestamp>,
        order_id -> Nullable<BigInt>,
        expires_at -> Nullable<Timestamp>,
        remind_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    approval_votes (id) {
        id -> BigInt,
        approval_id -> BigInt,
        member_id -> BigInt,
        answer -> Text,
        counts -> Text,
        note -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    budgets (id) {
        id -> BigInt,
        company_id -> BigInt,
        name -> Text,
        member_id -> Nullable<BigInt>,
        site_id -> Nullable<BigInt>,
        cost_centre -> Text,
        period -> Text,
        amount -> BigInt,
        currency -> Text,
        beyond -> Text,
        active -> Bool,
        version -> BigInt,
    }
}

diesel::table! {
    budget_periods (budget_id, starts_on) {
        budget_id -> BigInt,
        starts_on -> Text,
        spent -> BigInt,
    }
}

diesel::table! {
    budget_entries (id) {
        id -> BigInt,
        budget_id -> BigInt,
        starts_on -> Text,
        order_id -> BigInt,
        amount -> BigInt,
        key -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    sns_certificates (address) {
        address -> Text,
        pem -> Text,
        fetched_at -> Timestamp,
    }
}

diesel::table! {
    quotes (id) {
        id -> BigInt,
        customer_id -> BigInt,
        company_id -> Nullable<BigInt>,
        member_id -> Nullable<BigInt>,
        store_id -> BigInt,
        currency -> Text,
        language -> Text,
        state -> Text,
        latest -> BigInt,
        offered_id -> Nullable<BigInt>,
        expires_at -> Nullable<Timestamp>,
        order_id -> Nullable<BigInt>,
        assigned_to -> Text,
        reason -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        decided_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    quote_versions (id) {
        id -> BigInt,
        quote_id -> BigInt,
        number -> BigInt,
        note -> Text,
        shipping -> Nullable<BigInt>,
        expires_on -> Text,
        created_by -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    quote_lines (version_id, position) {
        version_id -> BigInt,
        position -> BigInt,
        variant_id -> Nullable<BigInt>,
        title -> Text,
        sku -> Text,
        quantity -> BigInt,
        unit_price -> BigInt,
        cost -> Nullable<BigInt>,
        unit -> Text,
        unit_precision -> BigInt,
    }
}

diesel::table! {
    quote_messages (id) {
        id -> BigInt,
        quote_id -> BigInt,
        sender -> Text,
        actor -> Text,
        text -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    quote_files (id) {
        id -> BigInt,
        message_id -> BigInt,
        name -> Text,
        content_type -> Text,
        size -> BigInt,
        bytes -> Binary,
    }
}

diesel::table! {
    trading_partners (id) {
        id -> BigInt,
        company_id -> BigInt,
        member_id -> BigInt,
        store_id -> BigInt,
        kind -> Text,
        own_id -> Text,
        partner_id -> Text,
        secret_hash -> Text,
        active -> Bool,
        last_control -> BigInt,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        filed_id -> Nullable<BigInt>,
        staged_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    external_refs (id) {
        id -> BigInt,
        kind -> Text,
        system -> Text,
        external_id -> Text,
        internal_id -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    order_feed (order_id) {
        order_id -> BigInt,
        seq -> BigInt,
    }
}

diesel::table! {
    order_feed_state (id) {
        id -> BigInt,
        last -> BigInt,
        begun -> Bool,
        filled_to -> Nullable<BigInt>,
        filed -> BigInt,
        staged -> BigInt,
    }
}

diesel::table! {
    erp_files (id) {
        id -> BigInt,
        name -> Text,
        digest -> Text,
        done -> BigInt,
        changed -> BigInt,
        refused -> BigInt,
        errors -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    edi_interchanges (id) {
        id -> BigInt,
        partner_id -> BigInt,
        digest -> Text,
        raw -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    punchouts (id) {
        id -> BigInt,
        partner_id -> BigInt,
        token_hash -> Text,
        nonce -> Text,
        return_url -> Text,
        cookie -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    edi_messages (id) {
        id -> BigInt,
        partner_id -> BigInt,
        direction -> Text,
        kind -> Text,
        control -> Nullable<Text>,
        subject -> Nullable<Text>,
        number -> Text,
        raw -> Text,
        state -> Text,
        error -> Text,
        order_id -> Nullable<BigInt>,
        at -> Timestamp,
        interchange_id -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(refund_lines, refunds);
diesel::allow_tables_to_appear_in_same_query!(redirects, products, categories, collections);
diesel::allow_tables_to_appear_in_same_query!(collections, collection_texts);
diesel::allow_tables_to_appear_in_same_query!(collection_products, products);
diesel::allow_tables_to_appear_in_same_query!(stock_requests, variants);
diesel::allow_tables_to_appear_in_same_query!(promotions, promotion_codes);
diesel::allow_tables_to_appear_in_same_query!(promotions, promotion_terms);
diesel::allow_tables_to_appear_in_same_query!(promotions, offers, offer_decisions);
diesel::allow_tables_to_appear_in_same_query!(promotion_codes, offers);
diesel::allow_tables_to_appear_in_same_query!(promotion_movements, offers);
diesel::allow_tables_to_appear_in_same_query!(orders, order_terms);
diesel::allow_tables_to_appear_in_same_query!(orders, payments);
diesel::allow_tables_to_appear_in_same_query!(refunds, payments, captures);
diesel::allow_tables_to_appear_in_same_query!(order_lines, return_lines);
diesel::allow_tables_to_appear_in_same_query!(orders, order_lines, variants);
diesel::allow_tables_to_appear_in_same_query!(order_lines, product_categories);
diesel::allow_tables_to_appear_in_same_query!(carts, cart_lines);
diesel::allow_tables_to_appear_in_same_query!(cart_lines, variants);
diesel::allow_tables_to_appear_in_same_query!(requisition_lists, requisition_lines);
diesel::allow_tables_to_appear_in_same_query!(carts, cart_consents);
diesel::allow_tables_to_appear_in_same_query!(cart_consents, cart_changes);
diesel::allow_tables_to_appear_in_same_query!(orders, documents);
diesel::allow_tables_to_appear_in_same_query!(orders, receivables, company_accounts, company_account_entries);
diesel::allow_tables_to_appear_in_same_query!(reviews, review_totals);
diesel::allow_tables_to_appear_in_same_query!(reviews, orders);
diesel::allow_tables_to_appear_in_same_query!(reviews, order_lines);
diesel::allow_tables_to_appear_in_same_query!(store_credit_entries, payments);
diesel::allow_tables_to_appear_in_same_query!(orders, order_trade);
diesel::allow_tables_to_appear_in_same_query!(order_lines, order_trade);
diesel::allow_tables_to_appear_in_same_query!(variants, order_trade);
diesel::allow_tables_to_appear_in_same_query!(price_lists, price_list_buyers);
diesel::allow_tables_to_appear_in_same_query!(price_list_prices, variants);
diesel::allow_tables_to_appear_in_same_query!(price_list_prices, products);
diesel::allow_tables_to_appear_in_same_query!(approvals, carts);
diesel::allow_tables_to_appear_in_same_query!(quote_messages, quote_files);
diesel::allow_tables_to_appear_in_same_query!(edi_messages, orders);
