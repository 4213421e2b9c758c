import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The warehouse: a table per entity, where rows wait before they are loaded, and what was loaded. Forward only. */
export class Warehouse1700000000030 implements MigrationInterface {
  readonly name = 'Warehouse1700000000030';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const numbered = (name: string, type: string, count: number): string =>
  Array.from({ length: count }, (_, i) => `${name}_${i + 1} ${type}`).join(', ');

/** The fields of each entity when the tables were made; a field that comes later comes with a migration of its own. */
const FIELDS: Readonly<Record<string, string>> = {
  person: `person_id text, patient_id text, first_name text, middle_name text, last_name text, name_suffix text, prior_last_name text,
    birth_date date, death_date date, death_flag boolean, sex text, race text, ethnicity text, marital_status text, language text,
    address text, address_2 text, city text, state text, zip_code text, county text, country text, latitude numeric,
    longitude numeric, phone text, email text, social_security_number text`,
  coverage: `coverage_id text, person_id text, patient_id text, member_id text, subscriber_id text, subscriber_relation text, payer text,
    payer_type text, plan text, group_id text, group_name text, enrollment_start_date date, enrollment_end_date date,
    enrollment_status text, enrollment_duration_months bigint, enrollment_year bigint, coverage_type text, cob_order text,
    secondary_payer text, maintenance_type text, maintenance_reason text, original_reason_entitlement_code text,
    current_reason_entitlement_code text, dual_status_code text, medicare_status_code text, part_a_months bigint,
    part_b_months bigint, hmo_months bigint, part_d_months bigint, dual_months bigint, hospice_flag boolean, esrd_status text,
    long_term_institutional_flag boolean, medicaid_indicator boolean, low_income_subsidy_indicator text, snp_type text,
    part_d_raf_type text, metal_level text, csr_indicator text, transplant_duration_months bigint`,
  provider: `provider_id text, npi text, tin text, ccn text, dea_number text, license_number text, entity_type text, name text,
    first_name text, middle_name text, last_name text, name_suffix text, credential text, sex text, birth_date date,
    specialty text, sub_specialty text, taxonomy_code text, organization text, address text, address_2 text, city text,
    state text, zip_code text, county text, country text, latitude numeric, longitude numeric, phone text, fax text, email text`,
  payer: `payer_id text, name text, payer_type text, naic_code text, tin text, parent_organization text, address text, address_2 text,
    city text, state text, zip_code text, country text, phone text, email text`,
  claim: `claim_id text, person_id text, patient_id text, member_id text, claim_type text, record_type text, frequency_code text,
    prior_claim_id text, payer text, secondary_payer text, plan text, encounter_id text, claim_start_date date,
    claim_end_date date, admission_date date, discharge_date date, received_date date, paid_date date, admit_source_code text,
    admit_type_code text, discharge_disposition_code text, length_of_stay bigint, place_of_service_code text, bill_type_code text,
    drg_code_type text, drg_code text, rendering_id text, rendering_npi text, rendering_tin text, attending_npi text,
    operating_npi text, other_npi text, referring_id text, referring_npi text, billing_id text, billing_npi text,
    billing_tin text, facility_id text, facility_npi text, facility_ccn text, in_network_flag boolean, authorization_number text,
    patient_control_number text, adjudication_status text, paid_amount bigint, allowed_amount bigint, charge_amount bigint,
    coinsurance_amount bigint, copayment_amount bigint, deductible_amount bigint, total_cost_amount bigint,
    patient_responsibility_amount bigint, diagnosis_code_type text, principal_diagnosis_code text, admitting_diagnosis_code text,
    ${numbered('diagnosis_code', 'text', 25)}, ${numbered('diagnosis_poa', 'text', 25)}, procedure_code_type text,
    ${numbered('procedure_code', 'text', 25)}, ${numbered('procedure_date', 'date', 25)}`,
  claim_line: `claim_line_id text, claim_id text, claim_line_number bigint, person_id text, patient_id text, member_id text,
    encounter_id text, claim_line_start_date date, claim_line_end_date date, place_of_service_code text,
    type_of_service_code text, revenue_center_code text, hcpcs_code text, ${numbered('hcpcs_modifier', 'text', 5)},
    service_description text, service_unit_quantity numeric, service_unit text, rendering_id text, rendering_npi text,
    rendering_tin text, rendering_specialty text, referring_npi text, diagnosis_code text, ${numbered('diagnosis_pointer', 'text', 4)},
    paid_amount bigint, allowed_amount bigint, charge_amount bigint, coinsurance_amount bigint, copayment_amount bigint,
    deductible_amount bigint, total_cost_amount bigint, paid_date date, denied_flag boolean, adjudication_status text,
    in_network_flag boolean, ndc_code text, prescription_number text, dispensing_date date, quantity numeric, quantity_unit text,
    days_supply bigint, refills bigint, fill_number bigint, prescribing_provider_id text, prescribing_provider_npi text,
    dispensing_provider_id text, dispensing_provider_npi text, tooth text, surfaces text, oral_cavity text`,
  encounter: `encounter_id text, person_id text, patient_id text, encounter_class text, encounter_type text, encounter_type_code text,
    status text, encounter_start_date text, encounter_end_date text, length_of_stay bigint, admit_source_code text,
    admit_source_description text, admit_type_code text, admit_type_description text, discharge_disposition_code text,
    discharge_disposition_description text, attending_provider_id text, attending_provider_npi text, attending_provider_name text,
    facility_id text, facility_npi text, facility_name text, department text, payer text, primary_diagnosis_code_type text,
    primary_diagnosis_code text, primary_diagnosis_description text, reason_code text, reason_description text,
    drg_code_type text, drg_code text, drg_description text, paid_amount bigint, allowed_amount bigint, charge_amount bigint`,
  condition: `condition_id text, person_id text, patient_id text, encounter_id text, claim_id text, practitioner_id text,
    recorded_date text, onset_date text, resolved_date text, status text, verification_status text, condition_type text,
    source_code_type text, source_code text, source_description text, severity text, condition_rank bigint,
    present_on_admit_code text, present_on_admit_description text, stop_reason text`,
  procedure_event: `procedure_id text, person_id text, patient_id text, encounter_id text, claim_id text, practitioner_id text,
    practitioner_npi text, location_id text, procedure_date text, procedure_end_date text, status text, procedure_type text,
    source_code_type text, source_code text, source_description text, ${numbered('modifier', 'text', 5)}, quantity numeric,
    body_site text, reason_code text, reason_description text, charge_amount bigint`,
  observation: `observation_id text, person_id text, patient_id text, encounter_id text, panel_id text, accession_number text,
    observation_date text, collection_datetime text, observation_type text, source_code_type text, source_code text,
    source_description text, loinc_code text, result text, result_type text, source_units text, source_reference_range text,
    source_reference_range_low text, source_reference_range_high text, source_abnormal_flag text, status text, specimen text,
    body_site text, method text, source_order_code text, source_order_description text, practitioner_id text,
    ordering_practitioner_id text, location_id text`,
  medication: `medication_id text, person_id text, patient_id text, encounter_id text, claim_id text, practitioner_id text,
    practitioner_npi text, prescribing_date text, dispensing_date text, start_date text, end_date text, status text,
    medication_type text, source_code_type text, source_code text, source_description text, ndc_code text, ndc_description text,
    rxnorm_code text, rxnorm_description text, atc_code text, atc_description text, strength text, form text, route text,
    dose text, dose_unit text, frequency text, instructions text, quantity numeric, quantity_unit text, days_supply bigint,
    refills bigint, dispense_count bigint, lot_number text, stop_reason text, reason_code text, reason_description text,
    payer text, paid_amount bigint, charge_amount bigint`,
  immunization: `immunization_id text, person_id text, patient_id text, encounter_id text, occurrence_date text, source_code_type text,
    source_code text, source_description text, cvx_code text, ndc_code text, status text, status_reason text, manufacturer text,
    lot_number text, expiration_date date, source_dose text, dose_unit text, dose_number text, body_site text, route text,
    location_id text, practitioner_id text, charge_amount bigint`,
};

/** A version of a record is open while `valid_to` is null; of a record one version is open at most, and that is for the database to see to. */
const table = (entity: string, fields: string): string =>
  `CREATE TABLE warehouse.${entity} (
    tenant_id uuid NOT NULL,
    data_source text NOT NULL,
    dataset_id uuid NOT NULL,
    source_record_id bigint NOT NULL,
    job_id uuid NOT NULL,
    batch_id integer NOT NULL,
    file_name text,
    ingest_datetime timestamptz NOT NULL,
    row_hash text NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    is_deleted boolean NOT NULL,
    ${fields},
    carried jsonb NOT NULL,
    CONSTRAINT ${entity}_versions UNIQUE NULLS NOT DISTINCT (tenant_id, dataset_id, source_record_id, valid_to),
    CONSTRAINT ${entity}_deleted CHECK (NOT is_deleted OR valid_to IS NOT NULL)
  )`;

const STATEMENTS = [
  // Who looks after the database may have made them, with the rights of others in them.
  `CREATE SCHEMA IF NOT EXISTS warehouse`,
  // Of its own, so that who may read the warehouse sees nothing half done, and who loads need make tables nowhere else.
  `CREATE SCHEMA IF NOT EXISTS warehouse_staging`,
  ...Object.entries(FIELDS).map(([entity, fields]) => table(entity, fields)),
  `CREATE TABLE attune.load_ledger (
    tenant_id uuid NOT NULL,
    -- Looked at when a load commits: until then nobody who wants the job's row waits for it.
    job_id uuid NOT NULL REFERENCES attune.jobs (id) DEFERRABLE INITIALLY DEFERRED,
    generation integer NOT NULL,
    stage text NOT NULL,
    shard integer NOT NULL,
    target_table text NOT NULL,
    dataset_id uuid NOT NULL,
    epoch bigint NOT NULL,
    asked_at timestamptz NOT NULL,
    superseded boolean NOT NULL,
    rows bigint NOT NULL,
    rows_added bigint NOT NULL,
    rows_closed bigint NOT NULL,
    loaded_at timestamptz NOT NULL,
    PRIMARY KEY (job_id, generation, stage, shard, target_table)
  )`,
  `CREATE INDEX idx_load_ledger_dataset ON attune.load_ledger (tenant_id, dataset_id, target_table, asked_at)`,
];
