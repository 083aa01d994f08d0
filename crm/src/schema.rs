//! Tables this room owns. Private: nobody else can write SQL against them.

diesel::table! {
    customers (id) {
        id -> BigInt,
        email -> Text,
        email_key -> Text,
        name -> Text,
        phone -> Text,
        language -> Text,
        tags -> Text,
        note -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        name_key -> Text,
        erased_at -> Nullable<Timestamp>,
        merged_into -> Nullable<BigInt>,
        birthday -> Text,
    }
}

diesel::table! {
    merges (id) {
        id -> BigInt,
        merged_id -> BigInt,
        survivor_id -> BigInt,
        reason -> Text,
        actor -> Text,
        before -> Text,
        merged_at -> Timestamp,
        undone_at -> Nullable<Timestamp>,
        undone_by -> Text,
        undone_reason -> Text,
    }
}

diesel::table! {
    merge_rows (merge_id, place, row_id) {
        merge_id -> BigInt,
        place -> Text,
        row_id -> BigInt,
    }
}

diesel::table! {
    customer_tasks (id) {
        id -> BigInt,
        customer_id -> BigInt,
        title -> Text,
        note -> Text,
        due_on -> Timestamp,
        assignee -> Nullable<BigInt>,
        created_by -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        done_at -> Nullable<Timestamp>,
        done_by -> Text,
    }
}

diesel::table! {
    consents (id) {
        id -> BigInt,
        customer_id -> BigInt,
        channel -> Text,
        topic -> Text,
        legal_basis -> Text,
        state -> Text,
        proof -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    purchases (order_id) {
        order_id -> BigInt,
        customer_id -> BigInt,
        purchased_at -> Timestamp,
        currency -> Text,
        revenue -> BigInt,
        refunded -> BigInt,
        units -> BigInt,
        country -> Text,
        postcode -> Text,
        company -> Text,
        goods -> BigInt,
        given_back -> BigInt,
        cost -> BigInt,
        uncosted -> BigInt,
    }
}

diesel::table! {
    scores (customer_id) {
        customer_id -> BigInt,
        currency -> Text,
        orders -> BigInt,
        value -> BigInt,
        first_at -> Timestamp,
        last_at -> Timestamp,
        stage -> Text,
        recency -> Nullable<BigInt>,
        frequency -> Nullable<BigInt>,
        monetary -> Nullable<BigInt>,
        standing -> Nullable<Text>,
        again_90 -> Nullable<BigInt>,
        expected_365 -> Nullable<BigInt>,
        value_365 -> Nullable<BigInt>,
        margin -> BigInt,
        uncosted -> BigInt,
        service -> BigInt,
        credited -> BigInt,
    }
}

diesel::table! {
    stage_changes (id) {
        id -> BigInt,
        customer_id -> BigInt,
        stage -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    score_runs (id) {
        id -> BigInt,
        run_at -> Timestamp,
        currency -> Text,
        buyers -> BigInt,
        figures -> Text,
        parts -> Text,
    }
}

diesel::table! {
    purchase_lines (customer_id, order_id, variant_id) {
        customer_id -> BigInt,
        order_id -> BigInt,
        variant_id -> BigInt,
        product_id -> BigInt,
        purchased_at -> Timestamp,
        quantity -> BigInt,
        amount -> BigInt,
    }
}

diesel::table! {
    trails (id) {
        id -> BigInt,
        secret -> Text,
        customer_id -> Nullable<BigInt>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    identity_edges (id) {
        id -> BigInt,
        trail_id -> BigInt,
        customer_id -> BigInt,
        evidence -> Text,
        proof -> Text,
        joined_at -> Timestamp,
        undone_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    activities (id) {
        id -> BigInt,
        customer_id -> Nullable<BigInt>,
        trail_id -> Nullable<BigInt>,
        kind -> Text,
        happened_at -> Timestamp,
        source -> Text,
        dedupe_key -> Text,
        subject -> Nullable<BigInt>,
        amount -> Nullable<BigInt>,
        currency -> Nullable<Text>,
        detail -> Text,
    }
}

diesel::table! {
    product_kin (kind, key, product_id) {
        product_id -> BigInt,
        kind -> Text,
        key -> Text,
    }
}

diesel::table! {
    segments (id) {
        id -> BigInt,
        name -> Text,
        note -> Text,
        rule -> Text,
        state -> Text,
        doubts -> BigInt,
        build -> BigInt,
        running -> Bool,
        begun_at -> Nullable<Timestamp>,
        size -> BigInt,
        sized_at -> Nullable<Timestamp>,
        build_millis -> BigInt,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    segment_states (segment_id, customer_id) {
        segment_id -> BigInt,
        customer_id -> BigInt,
        member -> Bool,
        since -> Timestamp,
        changes_at -> Nullable<Timestamp>,
        build -> BigInt,
    }
}

diesel::table! {
    segment_history (id) {
        id -> BigInt,
        segment_id -> BigInt,
        customer_id -> BigInt,
        entered -> Bool,
        happened_at -> Timestamp,
        why -> Text,
    }
}

diesel::table! {
    segment_sizes (segment_id, day) {
        segment_id -> BigInt,
        day -> Text,
        size -> BigInt,
    }
}

diesel::table! {
    recommendation_runs (id) {
        id -> BigInt,
        run_at -> Timestamp,
        buyers -> BigInt,
        products -> BigInt,
        milliseconds -> BigInt,
        measure -> Text,
    }
}

diesel::table! {
    product_companions (product_id, kind) {
        product_id -> BigInt,
        kind -> Text,
        companions -> Text,
    }
}

diesel::table! {
    customer_picks (customer_id) {
        customer_id -> BigInt,
        picks -> Text,
    }
}

diesel::table! {
    popular_products (rank) {
        rank -> BigInt,
        product_id -> BigInt,
    }
}

diesel::table! {
    recommendation_exclusions (product_id) {
        product_id -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    recommendation_pins (product_id, other_id) {
        product_id -> BigInt,
        other_id -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    recommendation_counts (day, shelf, arm) {
        day -> Timestamp,
        shelf -> Text,
        arm -> Text,
        views -> BigInt,
        clicks -> BigInt,
        orders -> BigInt,
    }
}

diesel::table! {
    suppressions (channel, address_hash) {
        channel -> Text,
        address_hash -> Text,
        created_at -> Timestamp,
        reason -> Text,
        note -> Text,
    }
}

diesel::table! {
    suppression_counts (reason) {
        reason -> Text,
        count -> BigInt,
    }
}

diesel::table! {
    mail_topics (id) {
        id -> BigInt,
        code -> Text,
        position -> BigInt,
        public -> Bool,
        names -> Text,
        descriptions -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    mail_frequencies (id) {
        id -> BigInt,
        customer_id -> BigInt,
        at_most -> Text,
        said_at -> Timestamp,
    }
}

diesel::table! {
    mail_sign_ups (id) {
        id -> BigInt,
        email -> Text,
        email_key -> Text,
        language -> Text,
        store_id -> BigInt,
        topics -> Text,
        said -> Text,
        secret -> Text,
        asked_at -> Timestamp,
    }
}

diesel::table! {
    inbound_mails (id) {
        id -> BigInt,
        digest -> Text,
        size -> BigInt,
        way -> Text,
        sender -> Nullable<Text>,
        recipients -> Text,
        received_at -> Timestamp,
        state -> Text,
        nature -> Text,
        fate -> Text,
        message_id -> Text,
        from_email -> Text,
        from_key -> Text,
        from_name -> Text,
        subject -> Text,
        ticket_id -> Nullable<BigInt>,
        bounced_mail_id -> Nullable<BigInt>,
        filed_at -> Nullable<Timestamp>,
        about_key -> Text,
        raw -> Binary,
    }
}

diesel::table! {
    inbound_mailboxes (id) {
        id -> BigInt,
        source -> Text,
        uid_validity -> BigInt,
        last_uid -> BigInt,
        old_below -> BigInt,
        old_since -> Nullable<Timestamp>,
        begun_at -> Timestamp,
        due_at -> Timestamp,
        looked_at -> Nullable<Timestamp>,
        failed -> Text,
        failing_since -> Nullable<Timestamp>,
        failures -> BigInt,
        stuck_uid -> BigInt,
        stuck_looks -> BigInt,
    }
}

diesel::table! {
    inbound_uids (id) {
        id -> BigInt,
        mailbox_id -> BigInt,
        uid_validity -> BigInt,
        uid -> BigInt,
        size -> BigInt,
        refused -> Text,
        taken_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    ticket_series (name) {
        name -> Text,
        last -> BigInt,
    }
}

diesel::table! {
    tickets (id) {
        id -> BigInt,
        number -> Text,
        kind -> Text,
        channel -> Text,
        subject -> Text,
        customer_id -> Nullable<BigInt>,
        email -> Text,
        email_key -> Text,
        phone -> Text,
        call_from -> Nullable<Timestamp>,
        call_until -> Nullable<Timestamp>,
        order_id -> Nullable<BigInt>,
        store_id -> BigInt,
        language -> Text,
        status -> Text,
        outcome -> Nullable<Text>,
        asked_at -> Nullable<Timestamp>,
        first_answered_at -> Nullable<Timestamp>,
        solved_at -> Nullable<Timestamp>,
        queue -> Text,
        priority -> BigInt,
        assignee -> Nullable<BigInt>,
        tags -> Text,
        rating -> Nullable<BigInt>,
        rating_note -> Text,
        merged_into -> Nullable<BigInt>,
        request_key -> Nullable<Text>,
        version -> BigInt,
        opened_at -> Timestamp,
        changed_at -> Timestamp,
        due_at -> Timestamp,
    }
}

diesel::table! {
    ticket_clocks (ticket_id) {
        ticket_id -> BigInt,
        policy_id -> Nullable<BigInt>,
        first_due_at -> Nullable<Timestamp>,
        next_due_at -> Nullable<Timestamp>,
        resolve_due_at -> Nullable<Timestamp>,
        alarm_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    ticket_messages (id) {
        id -> BigInt,
        ticket_id -> BigInt,
        author -> Text,
        staff -> Nullable<BigInt>,
        internal -> Bool,
        body -> Text,
        html -> Nullable<Text>,
        message_id -> Nullable<Text>,
        in_reply_to -> Nullable<Text>,
        mail_id -> Nullable<BigInt>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    ticket_terms (term, ticket_id) {
        term -> Text,
        ticket_id -> BigInt,
    }
}

diesel::table! {
    ticket_lines (id) {
        id -> BigInt,
        ticket_id -> BigInt,
        order_line_id -> BigInt,
        quantity -> BigInt,
    }
}

diesel::table! {
    ticket_files (id) {
        id -> BigInt,
        message_id -> BigInt,
        name -> Text,
        content_type -> Text,
        size -> BigInt,
        bytes -> Binary,
    }
}

diesel::table! {
    ticket_events (id) {
        id -> BigInt,
        ticket_id -> BigInt,
        kind -> Text,
        actor -> Text,
        message_id -> Nullable<BigInt>,
        detail -> Text,
        before -> Text,
        happened_at -> Timestamp,
    }
}

diesel::table! {
    service_calendars (id) {
        id -> BigInt,
        name -> Text,
        zone -> Text,
        week -> Text,
        holidays -> Text,
    }
}

diesel::table! {
    service_policies (id) {
        id -> BigInt,
        position -> BigInt,
        name -> Text,
        queue -> Text,
        kind -> Nullable<Text>,
        priority -> Nullable<BigInt>,
        segment_id -> Nullable<BigInt>,
        calendar_id -> BigInt,
        first_minutes -> Nullable<BigInt>,
        next_minutes -> Nullable<BigInt>,
        resolve_minutes -> Nullable<BigInt>,
        more_urgent -> Bool,
        hand_to -> Nullable<BigInt>,
        task_for -> Nullable<BigInt>,
    }
}

diesel::table! {
    service_routes (id) {
        id -> BigInt,
        position -> BigInt,
        name -> Text,
        kind -> Nullable<Text>,
        channel -> Nullable<Text>,
        store_id -> Nullable<BigInt>,
        language -> Text,
        words -> Text,
        segment_id -> Nullable<BigInt>,
        queue -> Text,
        way -> Text,
        person -> Nullable<BigInt>,
        skills -> Text,
        speaks -> Bool,
    }
}

diesel::table! {
    service_agents (staff_id) {
        staff_id -> BigInt,
        skills -> Text,
        most -> BigInt,
        away -> Bool,
    }
}

diesel::table! {
    disputes (id) {
        id -> BigInt,
        number -> Text,
        kind -> Text,
        provider_key -> Nullable<Text>,
        told_at -> Nullable<Timestamp>,
        reason -> Text,
        amount -> BigInt,
        currency -> Text,
        about -> Text,
        customer_id -> Nullable<BigInt>,
        order_id -> Nullable<BigInt>,
        ticket_id -> Nullable<BigInt>,
        state -> Text,
        due_at -> Timestamp,
        answered_at -> Nullable<Timestamp>,
        outcome -> Nullable<Text>,
        decision -> Text,
        decided_at -> Nullable<Timestamp>,
        appealed_at -> Nullable<Timestamp>,
        given -> BigInt,
        version -> BigInt,
        opened_at -> Timestamp,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    dispute_evidence (id) {
        id -> BigInt,
        dispute_id -> BigInt,
        kind -> Text,
        body -> Text,
        name -> Text,
        content_type -> Text,
        size -> BigInt,
        bytes -> Nullable<Binary>,
        actor -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    dispute_answers (id) {
        id -> BigInt,
        dispute_id -> BigInt,
        state -> Text,
        texts -> Text,
        reason -> Text,
        actor -> Text,
        asked_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
        tries -> BigInt,
    }
}

diesel::table! {
    dispute_events (id) {
        id -> BigInt,
        dispute_id -> BigInt,
        kind -> Text,
        actor -> Text,
        detail -> Text,
        happened_at -> Timestamp,
    }
}

diesel::table! {
    chats (ticket_id) {
        ticket_id -> BigInt,
        visitor -> Text,
        seen_at -> Timestamp,
        shown -> BigInt,
        mail_at -> Nullable<Timestamp>,
        mailed -> Nullable<BigInt>,
        left_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    chat_agents (staff_id) {
        staff_id -> BigInt,
        seen_at -> Timestamp,
    }
}

diesel::table! {
    service_costs (id) {
        id -> BigInt,
        ticket_id -> BigInt,
        deed -> Text,
        amount -> BigInt,
        currency -> Text,
        given_at -> Timestamp,
    }
}

diesel::table! {
    campaigns (id) {
        id -> BigInt,
        kind -> Text,
        name -> Text,
        store_id -> BigInt,
        topic -> Text,
        state -> Text,
        audience -> Text,
        control_bp -> BigInt,
        plan -> Text,
        trial -> Text,
        winner_id -> Nullable<BigInt>,
        starts_at -> Nullable<Timestamp>,
        frozen_to -> BigInt,
        frozen_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        changed_at -> Timestamp,
        zone -> Text,
        host -> Text,
        next_at -> Nullable<Timestamp>,
        tried_at -> Nullable<Timestamp>,
        decision -> Text,
        stopped -> Text,
    }
}

diesel::table! {
    campaign_variants (id) {
        id -> BigInt,
        campaign_id -> BigInt,
        position -> BigInt,
        content -> Text,
        version -> BigInt,
        changed_at -> Timestamp,
        goes_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    deliveries (id) {
        id -> BigInt,
        campaign_id -> BigInt,
        customer_id -> BigInt,
        round -> BigInt,
        arm -> Text,
        variant_id -> Nullable<BigInt>,
        state -> Text,
        reason -> Text,
        due_at -> Timestamp,
        leased_until -> Nullable<Timestamp>,
        attempts -> BigInt,
        message_id -> Text,
        transport -> Text,
        sent_at -> Nullable<Timestamp>,
        bounced_at -> Nullable<Timestamp>,
        complained_at -> Nullable<Timestamp>,
        opened_at -> Nullable<Timestamp>,
        clicked_at -> Nullable<Timestamp>,
        unsubscribed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    delivery_counts (campaign_id, variant_id, what) {
        campaign_id -> BigInt,
        variant_id -> BigInt,
        what -> Text,
        count -> BigInt,
    }
}

diesel::table! {
    delivery_hits (id) {
        id -> BigInt,
        delivery_id -> BigInt,
        kind -> Text,
        target -> Text,
        machine -> Text,
        happened_at -> Timestamp,
        campaign_id -> BigInt,
        variant_id -> BigInt,
    }
}

diesel::table! {
    order_shares (order_id, delivery_id) {
        order_id -> BigInt,
        delivery_id -> BigInt,
        campaign_id -> BigInt,
        variant_id -> BigInt,
        evidence -> Text,
        touched_at -> Timestamp,
        currency -> Text,
        revenue -> BigInt,
        refunded -> BigInt,
    }
}

diesel::table! {
    campaign_results (campaign_id) {
        campaign_id -> BigInt,
        results -> Text,
        figured_at -> Timestamp,
    }
}

diesel::table! {
    journeys (id) {
        id -> BigInt,
        name -> Text,
        state -> Text,
        draft -> Text,
        version_id -> Nullable<BigInt>,
        store_id -> BigInt,
        topic -> Text,
        zone -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    journey_versions (id) {
        id -> BigInt,
        journey_id -> BigInt,
        number -> BigInt,
        graph -> Text,
        published_at -> Timestamp,
    }
}

diesel::table! {
    enrolments (id) {
        id -> BigInt,
        journey_id -> BigInt,
        version_id -> BigInt,
        customer_id -> BigInt,
        entry -> Text,
        state -> Text,
        node -> BigInt,
        since -> Nullable<Timestamp>,
        due_at -> Timestamp,
        wake_at -> Timestamp,
        awaits -> Text,
        came -> Bool,
        checks -> Bool,
        steps -> BigInt,
        entered_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        ending -> Text,
        subject -> Nullable<BigInt>,
    }
}

diesel::table! {
    enrolment_log (id) {
        id -> BigInt,
        enrolment_id -> BigInt,
        node -> BigInt,
        what -> Text,
        result -> Text,
        happened_at -> Timestamp,
    }
}

diesel::table! {
    journey_counts (journey_id, node, what) {
        journey_id -> BigInt,
        node -> BigInt,
        what -> Text,
        count -> BigInt,
    }
}

diesel::table! {
    rehearsals (id) {
        id -> BigInt,
        journey_id -> BigInt,
        graph -> Text,
        begins_at -> Timestamp,
        ends_at -> Timestamp,
        state -> Text,
        counts -> Text,
        asked_at -> Timestamp,
        done_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    rehearsal_acts (id) {
        id -> BigInt,
        rehearsal_id -> BigInt,
        customer_id -> BigInt,
        node -> BigInt,
        what -> Text,
        result -> Text,
        happened_at -> Timestamp,
    }
}

diesel::table! {
    surveys (id) {
        id -> BigInt,
        name -> Text,
        round -> BigInt,
        texts -> Text,
        open -> Bool,
        created_at -> Timestamp,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    survey_answers (id) {
        id -> BigInt,
        survey_id -> BigInt,
        round -> BigInt,
        customer_id -> BigInt,
        delivery_id -> Nullable<BigInt>,
        score -> BigInt,
        words -> Text,
        segments -> Text,
        answered_at -> Timestamp,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    survey_counts (survey_id, round, segment_id, score) {
        survey_id -> BigInt,
        round -> BigInt,
        segment_id -> BigInt,
        score -> BigInt,
        people -> BigInt,
    }
}

diesel::table! {
    companies (id) {
        id -> BigInt,
        parent_id -> Nullable<BigInt>,
        name -> Text,
        name_key -> Text,
        vat_id -> Text,
        vat_standing -> Text,
        vat_evidence -> Text,
        registration_number -> Text,
        invoice_email -> Text,
        price_group -> Text,
        state -> Text,
        note -> Text,
        reason -> Text,
        website -> Text,
        phone -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        approved_at -> Nullable<Timestamp>,
        country -> Text,
    }
}

diesel::table! {
    company_sites (id) {
        id -> BigInt,
        company_id -> BigInt,
        parent_id -> Nullable<BigInt>,
        name -> Text,
        address -> Text,
        billing -> Bool,
        active -> Bool,
        position -> BigInt,
    }
}

diesel::table! {
    company_roles (id) {
        id -> BigInt,
        company_id -> Nullable<BigInt>,
        code -> Text,
        name -> Text,
        permissions -> Text,
    }
}

diesel::table! {
    company_members (id) {
        id -> BigInt,
        company_id -> BigInt,
        customer_id -> BigInt,
        role_id -> BigInt,
        site_id -> Nullable<BigInt>,
        cost_centre -> Text,
        state -> Text,
        joined_at -> Timestamp,
    }
}

diesel::table! {
    company_invitations (id) {
        id -> BigInt,
        company_id -> BigInt,
        email -> Text,
        role_id -> BigInt,
        site_id -> Nullable<BigInt>,
        token_hash -> Text,
        invited_by -> Nullable<BigInt>,
        expires_at -> Timestamp,
        accepted_at -> Nullable<Timestamp>,
        withdrawn_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    company_log (id) {
        id -> BigInt,
        company_id -> BigInt,
        at -> Timestamp,
        actor -> Text,
        action -> Text,
        before -> Text,
        after -> Text,
    }
}

diesel::table! {
    sales_stages (id) {
        id -> BigInt,
        code -> Text,
        name -> Text,
        probability_bp -> BigInt,
        kind -> Text,
        position -> BigInt,
        at_quote -> Bool,
        active -> Bool,
    }
}

diesel::table! {
    opportunities (id) {
        id -> BigInt,
        company_id -> Nullable<BigInt>,
        customer_id -> Nullable<BigInt>,
        contact_name -> Text,
        contact_email -> Text,
        contact_phone -> Text,
        contact_company -> Text,
        title -> Text,
        amount -> BigInt,
        currency -> Text,
        stage_id -> BigInt,
        state -> Text,
        stage_since -> Timestamp,
        owner -> Nullable<BigInt>,
        next_step -> Text,
        next_on -> Nullable<Text>,
        expected_on -> Nullable<Text>,
        source -> Text,
        quote_id -> Nullable<BigInt>,
        with_order -> Bool,
        order_id -> Nullable<BigInt>,
        version -> BigInt,
        created_by -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        closed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    opportunity_history (id) {
        id -> BigInt,
        opportunity_id -> BigInt,
        at -> Timestamp,
        actor -> Text,
        what -> Text,
        stage_id -> BigInt,
        amount -> BigInt,
    }
}

diesel::table! {
    opportunity_activities (id) {
        id -> BigInt,
        opportunity_id -> Nullable<BigInt>,
        customer_id -> Nullable<BigInt>,
        kind -> Text,
        text -> Text,
        at -> Timestamp,
        actor -> Text,
    }
}

diesel::table! {
    company_owners (id) {
        id -> BigInt,
        company_id -> BigInt,
        staff_id -> BigInt,
        owned_from -> Timestamp,
        owned_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    commission_rates (staff_id, starts_on) {
        staff_id -> BigInt,
        starts_on -> Text,
        rate_bp -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(surveys, survey_answers);
diesel::allow_tables_to_appear_in_same_query!(campaigns, campaign_variants, deliveries, delivery_counts, delivery_hits, customers);
diesel::allow_tables_to_appear_in_same_query!(order_shares, deliveries);
diesel::allow_tables_to_appear_in_same_query!(order_shares, purchase_lines);
diesel::allow_tables_to_appear_in_same_query!(customers, scores, segment_states, customer_tasks);
diesel::allow_tables_to_appear_in_same_query!(segments, segment_states);
diesel::allow_tables_to_appear_in_same_query!(product_kin, purchase_lines);
diesel::allow_tables_to_appear_in_same_query!(tickets, ticket_messages, ticket_files, ticket_events, ticket_terms);
diesel::allow_tables_to_appear_in_same_query!(tickets, chats);
diesel::allow_tables_to_appear_in_same_query!(tickets, service_costs);
diesel::allow_tables_to_appear_in_same_query!(journeys, journey_versions, enrolments, enrolment_log);
diesel::allow_tables_to_appear_in_same_query!(companies, company_members, company_roles, customers);
diesel::allow_tables_to_appear_in_same_query!(company_invitations, company_roles);
diesel::allow_tables_to_appear_in_same_query!(company_invitations, companies);
