import { findEntity, type Entity } from '@attune/core';
import { suggestMapping } from '@attune/mapping';
import { findSynonyms } from './registry.js';

/** Header -> field of what the headers of one table alone decide. */
function suggested(name: string, headers: string): Record<string, string> {
  const entity = findEntity(name) as Entity;
  const columns = headers
    .trim()
    .split(/\s*,\s*/)
    .map((header, ordinal) => ({ ordinal, name: header }));
  const { fields } = suggestMapping({ entity, synonyms: findSynonyms(name)!, columns, profile: { records: 0, columns: [] } });
  return Object.fromEntries(fields.map(({ field, from }) => [from[0]!.name, field]));
}

describe('a research export of health records', () => {
  test('encounters', () => {
    const headers =
      'Id,START,STOP,PATIENT,ORGANIZATION,PROVIDER,PAYER,ENCOUNTERCLASS,CODE,DESCRIPTION,BASE_ENCOUNTER_COST,TOTAL_CLAIM_COST';
    expect(suggested('encounter', headers)).toEqual({
      Id: 'encounter_id',
      START: 'encounter_start_date',
      STOP: 'encounter_end_date',
      PATIENT: 'patient_id',
      ORGANIZATION: 'facility_id',
      PROVIDER: 'attending_provider_id',
      PAYER: 'payer',
      ENCOUNTERCLASS: 'encounter_class',
      CODE: 'encounter_type_code',
      DESCRIPTION: 'encounter_type',
      TOTAL_CLAIM_COST: 'charge_amount',
    });
  });

  test('one and the same START, CODE and DESCRIPTION is the condition, the procedure or the drug, as the columns beside it say', () => {
    const common = { PATIENT: 'patient_id', ENCOUNTER: 'encounter_id', CODE: 'source_code', DESCRIPTION: 'source_description' };
    const condition = { START: 'onset_date', STOP: 'resolved_date' };
    expect(suggested('condition', 'START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION')).toEqual({ ...common, ...condition });
    const procedure = { START: 'procedure_date', STOP: 'procedure_end_date', BASE_COST: 'charge_amount' };
    expect(suggested('procedure_event', 'START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST')).toEqual({ ...common, ...procedure });
    const drug = { START: 'start_date', STOP: 'end_date', DISPENSES: 'dispense_count', TOTALCOST: 'charge_amount' };
    expect(suggested('medication', 'START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,BASE_COST,DISPENSES,TOTALCOST')).toEqual({
      ...common,
      ...drug,
    });
    expect(suggested('observation', 'DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,VALUE,UNITS')).toEqual({
      ...common,
      DATE: 'observation_date',
      VALUE: 'result',
      UNITS: 'source_units',
    });
  });

  test.each([
    ['allergies', 'START,STOP,PATIENT,ENCOUNTER,CODE,SYSTEM,DESCRIPTION,TYPE,CATEGORY,REACTION1,DESCRIPTION1,SEVERITY1'],
    ['care plans', 'Id,START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,REASONCODE,REASONDESCRIPTION'],
    ['devices', 'START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION,UDI'],
    ['supplies', 'DATE,PATIENT,ENCOUNTER,CODE,DESCRIPTION,QUANTITY'],
    ['imaging', 'Id,DATE,PATIENT,ENCOUNTER,SERIES_UID,BODYSITE_CODE,MODALITY_CODE,INSTANCE_UID,PROCEDURE_CODE'],
  ])('%s are no event that we know: no code, date or number of theirs is taken', (_, headers) => {
    for (const name of ['encounter', 'condition', 'procedure_event', 'observation', 'medication', 'immunization', 'claim', 'claim_line']) {
      const fields = Object.values(suggested(name, headers));
      expect([
        name,
        fields.filter((field) => !['patient_id', 'encounter_id', 'reason_code', 'reason_description'].includes(field)),
      ]).toEqual([name, []]);
    }
  });

  test('payers, and organizations and practitioners as providers', () => {
    expect(suggested('payer', 'Id,NAME,OWNERSHIP,ADDRESS,CITY,STATE_HEADQUARTERED,ZIP,PHONE,REVENUE,MEMBER_MONTHS')).toEqual({
      Id: 'payer_id',
      NAME: 'name',
      OWNERSHIP: 'payer_type',
      ADDRESS: 'address',
      CITY: 'city',
      STATE_HEADQUARTERED: 'state',
      ZIP: 'zip_code',
      PHONE: 'phone',
    });
    expect(suggested('provider', 'Id,ORGANIZATION,NAME,GENDER,SPECIALITY,ADDRESS,CITY,STATE,ZIP')).toMatchObject({
      Id: 'provider_id',
      ORGANIZATION: 'organization',
      NAME: 'name',
      SPECIALITY: 'specialty',
    });
  });
});

describe('the names of CMS', () => {
  test('an institutional claim', () => {
    const headers = `BENE_ID,CLM_ID,CLM_FROM_DT,CLM_THRU_DT,PRVDR_NUM,CLM_FREQ_CD,CLM_PMT_AMT,NCH_PRMRY_PYR_CLM_PD_AMT,PRVDR_STATE_CD,
      ORG_NPI_NUM,AT_PHYSN_NPI,OP_PHYSN_NPI,OT_PHYSN_NPI,PTNT_DSCHRG_STUS_CD,NCH_PTNT_STATUS_IND_CD,CLM_TOT_CHRG_AMT,CLM_ADMSN_DT,
      CLM_IP_ADMSN_TYPE_CD,CLM_SRC_IP_ADMSN_CD,NCH_BENE_IP_DDCTBL_AMT,NCH_BENE_BLOOD_DDCTBL_LBLTY_AM,NCH_BENE_DSCHRG_DT,CLM_DRG_CD,
      PRNCPAL_DGNS_CD,ADMTG_DGNS_CD,ICD_DGNS_CD1,CLM_POA_IND_SW1,ICD_DGNS_CD25,ICD_DGNS_E_CD1,ICD_DGNS_VRSN_CD1,ICD_PRCDR_CD1,PRCDR_DT1,
      CLM_UTLZTN_DAY_CNT`;
    expect(suggested('claim', headers)).toEqual({
      BENE_ID: 'patient_id',
      CLM_ID: 'claim_id',
      CLM_FROM_DT: 'claim_start_date',
      CLM_THRU_DT: 'claim_end_date',
      PRVDR_NUM: 'facility_ccn',
      CLM_FREQ_CD: 'frequency_code',
      CLM_PMT_AMT: 'paid_amount',
      ORG_NPI_NUM: 'facility_npi',
      AT_PHYSN_NPI: 'attending_npi',
      OP_PHYSN_NPI: 'operating_npi',
      OT_PHYSN_NPI: 'other_npi',
      PTNT_DSCHRG_STUS_CD: 'discharge_disposition_code',
      CLM_TOT_CHRG_AMT: 'charge_amount',
      CLM_ADMSN_DT: 'admission_date',
      CLM_IP_ADMSN_TYPE_CD: 'admit_type_code',
      CLM_SRC_IP_ADMSN_CD: 'admit_source_code',
      NCH_BENE_IP_DDCTBL_AMT: 'deductible_amount',
      NCH_BENE_DSCHRG_DT: 'discharge_date',
      CLM_DRG_CD: 'drg_code',
      PRNCPAL_DGNS_CD: 'principal_diagnosis_code',
      ADMTG_DGNS_CD: 'admitting_diagnosis_code',
      ICD_DGNS_CD1: 'diagnosis_code_1',
      CLM_POA_IND_SW1: 'diagnosis_poa_1',
      ICD_DGNS_CD25: 'diagnosis_code_25',
      ICD_PRCDR_CD1: 'procedure_code_1',
      PRCDR_DT1: 'procedure_date_1',
    });
  });

  test("in a file of lines the line's own dates and amounts are taken, never those of the claim beside them", () => {
    const headers = `BENE_ID,CLM_ID,CLM_FROM_DT,CLM_THRU_DT,CLM_PMT_AMT,NCH_CARR_CLM_SBMTD_CHRG_AMT,LINE_NUM,PRF_PHYSN_NPI,TAX_NUM,
      LINE_SRVC_CNT,LINE_PLACE_OF_SRVC_CD,LINE_1ST_EXPNS_DT,LINE_LAST_EXPNS_DT,HCPCS_CD,HCPCS_1ST_MDFR_CD,LINE_NCH_PMT_AMT,LINE_BENE_PMT_AMT,
      LINE_SBMTD_CHRG_AMT,LINE_ALOWD_CHRG_AMT,LINE_BENE_PRMRY_PYR_PD_AMT,LINE_ICD_DGNS_CD`;
    expect(suggested('claim_line', headers)).toEqual({
      BENE_ID: 'patient_id',
      CLM_ID: 'claim_id',
      LINE_NUM: 'claim_line_number',
      PRF_PHYSN_NPI: 'rendering_npi',
      TAX_NUM: 'rendering_tin',
      LINE_SRVC_CNT: 'service_unit_quantity',
      LINE_PLACE_OF_SRVC_CD: 'place_of_service_code',
      LINE_1ST_EXPNS_DT: 'claim_line_start_date',
      LINE_LAST_EXPNS_DT: 'claim_line_end_date',
      HCPCS_CD: 'hcpcs_code',
      HCPCS_1ST_MDFR_CD: 'hcpcs_modifier_1',
      LINE_NCH_PMT_AMT: 'paid_amount',
      LINE_SBMTD_CHRG_AMT: 'charge_amount',
      LINE_ALOWD_CHRG_AMT: 'allowed_amount',
      LINE_ICD_DGNS_CD: 'diagnosis_code',
    });
  });

  test('the state of a beneficiary is a code of the Social Security Administration, and no state', () => {
    for (const name of ['STATE_CODE', 'STATE_CD', 'BENE_STATE_CD', 'BENE_STATE_CODE', 'PRVDR_STATE_CD', 'BENE_FIPS_STATE_CD']) {
      const fields = suggested('person', `BENE_ID,BENE_BIRTH_DT,BENE_SEX_IDENT_CD,BENE_ZIP_CD,${name}`);
      expect([name, fields[name]]).toEqual([name, undefined]);
    }
    expect(suggested('person', 'patient_id,last_name,city,state_code')['state_code']).toBe('state');
  });
});

describe('the research model of OMOP', () => {
  test.each([
    [
      'encounter',
      'visit_occurrence_id,person_id,visit_start_date,visit_concept_id,visit_type_concept_id,visit_source_concept_id,preceding_visit_occurrence_id',
    ],
    [
      'condition',
      'condition_occurrence_id,person_id,condition_concept_id,condition_type_concept_id,condition_source_concept_id,visit_detail_id',
    ],
    ['medication', 'drug_exposure_id,person_id,drug_concept_id,drug_type_concept_id,route_concept_id,verbatim_end_date,visit_detail_id'],
    ['procedure_event', 'procedure_occurrence_id,person_id,procedure_concept_id,modifier_concept_id,procedure_type_concept_id'],
    [
      'observation',
      'measurement_id,person_id,measurement_concept_id,unit_concept_id,value_as_concept_id,operator_concept_id,measurement_event_id',
    ],
    ['coverage', 'payer_plan_period_id,person_id,payer_concept_id,plan_concept_id,payer_source_concept_id,sponsor_concept_id'],
    ['provider', 'provider_id,npi,specialty_concept_id,gender_concept_id,year_of_birth,specialty_source_concept_id'],
  ])('concepts are no codes of the source: of %s nothing of theirs is taken', (name, headers) => {
    const ours = headers.split(',').filter((header) => !/concept|preceding|detail|verbatim|event_id|year/.test(header));
    expect(Object.keys(suggested(name, headers)).sort()).toEqual(ours.sort());
  });

  test('source values are codes and words as received', () => {
    const headers = `drug_exposure_id,person_id,drug_exposure_start_date,drug_exposure_start_datetime,sig,days_supply,drug_source_value,
      route_source_value,dose_unit_source_value,provider_id,visit_occurrence_id`;
    expect(suggested('medication', headers)).toEqual({
      drug_exposure_id: 'medication_id',
      person_id: 'patient_id',
      drug_exposure_start_datetime: 'start_date',
      sig: 'instructions',
      days_supply: 'days_supply',
      drug_source_value: 'source_code',
      route_source_value: 'route',
      dose_unit_source_value: 'dose_unit',
      provider_id: 'practitioner_id',
      visit_occurrence_id: 'encounter_id',
    });
  });
});

describe('headers as systems and people write them', () => {
  test.each([
    ['claim', 'CLP02', 'adjudication_status'],
    ['claim', 'CLP04', 'paid_amount'],
    ['claim', 'CLM05-3', 'frequency_code'],
    ['claim', 'Type of Bill', 'bill_type_code'],
    ['claim', 'dx_03', 'diagnosis_code_3'],
    ['claim', 'ICD10 Code 12', 'diagnosis_code_12'],
    ['claim', 'ATNDG_PRVDR_NPI_NUM', 'attending_npi'],
    ['claim_line', 'CPT Code', 'hcpcs_code'],
    ['claim_line', 'CLM_LINE_SRVC_UNIT_QTY', 'service_unit_quantity'],
    ['claim_line', 'Rev Code', 'revenue_center_code'],
    ['claim_line', 'SV101-2', 'hcpcs_code'],
    ['claim_line', 'FILL_NUM', 'fill_number'],
    ['coverage', 'BENE_DUAL_STUS_CD', 'dual_status_code'],
    ['coverage', 'Relationship to Subscriber', 'subscriber_relation'],
    ['coverage', 'coverage_end', 'enrollment_end_date'],
    ['condition', 'onsetDateTime', 'onset_date'],
    ['condition', 'code.coding[0].code', 'source_code'],
    ['condition', 'ICD-10 Code', 'source_code'],
    ['condition', 'DG1.3.1', 'source_code'],
    ['encounter', 'PV1-44', 'encounter_start_date'],
    ['encounter', 'class.code', 'encounter_class'],
    ['observation', 'OBX.5', 'result'],
    ['observation', 'valueQuantity.unit', 'source_units'],
    ['observation', 'COMPONENT_NAME', 'source_description'],
    ['medication', 'medicationCodeableConcept.coding[0].code', 'source_code'],
    ['medication', 'RXCUI', 'rxnorm_code'],
    ['immunization', 'RXA.5.1', 'source_code'],
    ['immunization', 'CVX', 'cvx_code'],
    ['immunization', 'Date Administered', 'occurrence_date'],
    ['procedure_event', 'performedDateTime', 'procedure_date'],
    ['provider', 'Healthcare Provider Taxonomy Code_1', 'taxonomy_code'],
    ['payer', 'NAIC', 'naic_code'],
  ])('in a table of %s, %s is %s', (name, header, field) => {
    const own: Record<string, string> = { payer: 'payer_id,name', provider: 'provider_id,name' };
    const key =
      own[name] ?? (name === 'claim_line' ? 'claim_id,patient_id,claim_line_number' : `${name.replace('_event', '')}_id,patient_id`);
    expect(suggested(name, `${key},${header}`)[header]).toBe(field);
  });
});
